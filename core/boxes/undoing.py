"""Take edits back and do them again, each person their own."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.boxes.rows import boxes_changed, lock_photo
from core.database import read_clock
from core.errors import InputError
from core.labels.decisions import Origin, undo_decision
from core.review.elsewhere import decide_face
from models import BoxEdit, BoxEditKind, BoxState, Decision, Face, Photo


def undo_edit(session: Session, photo_id: int, key: str, *, account_id: int | None) -> None:
    """Put everything back as it was before the edit; nothing happens to one that is undone already.

    Raises InputError edit_not_found, or boxes_changed where somebody changed the same box since.
    """
    photo = lock_photo(session, photo_id)
    edit = _own_edit(session, photo, key, account_id)
    if edit.undone_at is not None:
        return
    _turn(session, edit, now=1, then=0)
    edit.undone_at = read_clock(session)
    _mark(photo, edit, boxed=edit.kind is BoxEditKind.UNBOXED)
    if edit.decision_id is not None:
        undo_decision(session, session.get_one(Decision, edit.decision_id))


def redo_edit(session: Session, photo_id: int, key: str, *, account_id: int | None) -> None:
    """Do an undone edit again; the counterpart of `undo_edit`, with the same errors."""
    photo = lock_photo(session, photo_id)
    edit = _own_edit(session, photo, key, account_id)
    if edit.undone_at is None:
        return
    _turn(session, edit, now=0, then=1)
    edit.undone_at = None
    _mark(photo, edit, boxed=edit.kind is BoxEditKind.BOXED)
    if edit.decision_id is not None:
        undone = session.get_one(Decision, edit.decision_id)
        origin = Origin(account_id=account_id, queue=undone.queue)
        edit.decision_id = decide_face(session, undone.face_id, undone.label, origin).id


def read_undoable(session: Session, photo_id: int, account_id: int | None, *, limit: int = 100) -> list[str]:
    """Keys of a person's edits of a photo that stand, the oldest first."""
    query = (
        select(BoxEdit.key)
        .where(BoxEdit.photo_id == photo_id, BoxEdit.account_id == account_id, BoxEdit.undone_at.is_(None))
        .order_by(BoxEdit.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))[::-1]


def _own_edit(session: Session, photo: Photo, key: str, account_id: int | None) -> BoxEdit:
    edit = session.scalars(
        select(BoxEdit).where(
            BoxEdit.key == key, BoxEdit.photo_id == photo.id, BoxEdit.account_id == account_id
        )
    ).one_or_none()
    if edit is None:
        raise InputError("edit_not_found", "There is no such edit of yours on this photo.")
    return edit


def _turn(session: Session, edit: BoxEdit, *, now: int, then: int) -> None:
    """Set the states of one side of the edit where those of the other side still stand."""
    faces = session.scalars(select(Face).where(Face.id.in_(int(face_id) for face_id in edit.states))).all()
    for face in faces:
        pair = [None if state is None else BoxState(state) for state in edit.states[str(face.id)]]
        if face.box_state is not pair[now]:
            raise boxes_changed()
        face.box_state = pair[then]


def _mark(photo: Photo, edit: BoxEdit, *, boxed: bool) -> None:
    if edit.kind not in (BoxEditKind.BOXED, BoxEditKind.UNBOXED):
        return
    if (photo.boxed_at is not None) is boxed:
        raise boxes_changed()
    photo.boxed_at = edit.created_at if boxed else None
