"""Apply, undo and redo edits of boxes. Corners never change: a moved box is a new face."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.boxes.change import BoxChange
from core.boxes.face import FaceStatus
from core.boxes.queries import get_photo, read_faces_with_status
from core.database import read_clock
from core.detection.face import Box, fit_box
from core.errors import InputError
from core.labels.contested import read_contested
from core.labels.decisions import Origin, add_decision, read_current
from core.predict.final_counts import refresh_photos
from core.review.answers.outside_decisions import decide_face, undo_face
from models import DRAWN, BoxEdit, BoxEditKind, BoxState, Decision, Face, Label, Photo


def boxes_changed() -> InputError:
    """The error for an edit that conflicts with somebody else's."""
    return InputError(
        "boxes_changed", "The boxes have changed meanwhile. The page now shows their current state."
    )


def lock_photo(session: Session, photo_id: int) -> Photo:
    """The current photo, locked until the end of the transaction to serialise edits of one photo."""
    photo = session.get(Photo, photo_id, with_for_update={"key_share": True}, populate_existing=True)
    return photo or get_photo(session, photo_id)


def get_face(session: Session, photo_id: int, ref: str) -> Face:
    """The face by its id or by the key of the edit that made it; raises InputError boxes_changed."""
    query = select(Face).where(Face.photo_id == photo_id)
    if ref.isdecimal():
        query = query.where(Face.id == int(ref))
    else:
        query = query.join(BoxEdit, BoxEdit.face_id == Face.id).where(BoxEdit.key == ref)
    face = session.scalars(query).one_or_none()
    if face is None or face.box_state in (BoxState.REPLACED, BoxState.REMOVED):
        raise boxes_changed()
    return face


def add_drawn_face(session: Session, photo: Photo, box: Box) -> Face:
    """Add a drawn face with the next free ordinal; the photo must be locked."""
    drawn = select(func.max(Face.ordinal)).where(Face.photo_id == photo.id, Face.detector_key == DRAWN)
    last = session.scalars(drawn).one()
    face = Face(
        photo_id=photo.id,
        detector_key=DRAWN,
        ordinal=0 if last is None else last + 1,
        x1=box.x1,
        y1=box.y1,
        x2=box.x2,
        y2=box.y2,
        score=1.0,
        landmarks=[],
        # The state to which undo returns it.
        box_state=BoxState.REMOVED,
        created_at=read_clock(session),
    )
    session.add(face)
    session.flush()
    return face


def set_state(edit: BoxEdit, face: Face, state: BoxState) -> None:
    """Change the state of a box, and record the old and new state in the edit."""
    edit.states = edit.states | {str(face.id): [face.box_state, state]}
    face.box_state = state


def edit_photo(session: Session, photo_id: int, sent: Mapping[str, Any], *, account_id: int | None) -> None:
    """Apply the edit that a page or a program sent: a change of `BoxChange`, or `undo` or `redo` of `edit`.

    Raises InputError edit_malformed, edit_not_found, and as `apply_change` does.
    """
    match sent.get("kind"):
        case "undo":
            undo_edit(session, photo_id, str(sent.get("edit")), account_id=account_id)
        case "redo":
            redo_edit(session, photo_id, str(sent.get("edit")), account_id=account_id)
        case _:
            apply_change(session, photo_id, BoxChange.from_json(sent), account_id=account_id)


def apply_change(session: Session, photo_id: int, change: BoxChange, *, account_id: int | None) -> None:
    """Apply an edit, unless its key is known already.

    Raises InputError photo_not_found, box_invalid, or boxes_changed if the face was changed meanwhile.
    """
    photo = lock_photo(session, photo_id)
    if session.scalars(select(BoxEdit.id).where(BoxEdit.key == change.key)).one_or_none() is not None:
        return
    edit = BoxEdit(
        key=change.key,
        photo_id=photo.id,
        account_id=account_id,
        kind=change.kind,
        states={},
        created_at=read_clock(session),
    )
    match change.kind:
        case BoxEditKind.DRAW:
            _draw(session, photo, change, edit)
        case BoxEditKind.MOVE:
            _move(session, photo, change, edit)
        case BoxEditKind.BOXED | BoxEditKind.UNBOXED:
            _mark(session, photo, edit)
        case _:
            _change_face(session, get_face(session, photo.id, change.face), change, edit)
    session.add(edit)
    session.flush()
    refresh_photos(session, [photo.id])


def _draw(session: Session, photo: Photo, change: BoxChange, edit: BoxEdit) -> Face:
    box = fit_box(change.box, width=photo.width, height=photo.height)
    face = add_drawn_face(session, photo, box)
    edit.face_id = face.id
    set_state(edit, face, BoxState.ACCEPTED)
    return face


def _move(session: Session, photo: Photo, change: BoxChange, edit: BoxEdit) -> None:
    """Replace a face; the new one inherits the label as a decision of the person who made it.

    It is no decision of the person who moves the box, who may not even see the label. A contested face has no
    label to inherit.
    """
    before = get_face(session, photo.id, change.face)
    face = _draw(session, photo, change, edit)
    set_state(edit, before, BoxState.REPLACED)
    edit.replaced_id = before.id
    decision = read_current(session, [before.id]).get(before.id)
    contested = before.id in read_contested(session, [before.id])
    if decision is not None and decision.label is not Label.NOT_A_FACE and not contested:
        origin = Origin(account_id=decision.account_id, queue=change.queue)
        add_decision(session, face.id, decision.choice, origin, mask_kind=decision.mask_kind)


def _change_face(session: Session, face: Face, change: BoxChange, edit: BoxEdit) -> None:
    """Remove, accept or label a face."""
    edit.face_id = face.id
    if change.kind is BoxEditKind.REMOVE:
        set_state(edit, face, BoxState.REMOVED)
    elif change.kind is BoxEditKind.ACCEPT:
        set_state(edit, face, BoxState.ACCEPTED)
    else:
        origin = Origin(account_id=edit.account_id, queue=change.queue)
        decision = decide_face(session, face.id, change.label, origin, milliseconds=change.milliseconds)
        edit.decision_id = decision.id


def _mark(session: Session, photo: Photo, edit: BoxEdit) -> None:
    """Mark whether all faces are boxed; accepts faces that count, so that later searches change nothing."""
    boxed = edit.kind is BoxEditKind.BOXED
    if (photo.boxed_at is not None) is boxed:
        raise boxes_changed()
    if boxed:
        for face, status in read_faces_with_status(session, [photo.id])[photo.id]:
            if status is FaceStatus.COUNTS and face.box_state is None:
                set_state(edit, session.get_one(Face, face.face_id), BoxState.ACCEPTED)
    photo.boxed_at = edit.created_at if boxed else None


def undo_edit(session: Session, photo_id: int, key: str, *, account_id: int | None) -> None:
    """Revert an edit, unless it is undone already.

    Raises InputError edit_not_found, or boxes_changed if somebody changed the same box since.
    """
    photo = lock_photo(session, photo_id)
    edit = _own_edit(session, photo, key, account_id)
    if edit.undone_at is not None:
        return
    _swap_states(session, edit, now=1, then=0)
    edit.undone_at = read_clock(session)
    _restore_mark(photo, edit, boxed=edit.kind is BoxEditKind.UNBOXED)
    if edit.decision_id is not None:
        undo_face(session, session.get_one(Decision, edit.decision_id))
    refresh_photos(session, [photo.id])


def redo_edit(session: Session, photo_id: int, key: str, *, account_id: int | None) -> None:
    """Apply an undone edit again; raises the errors of `undo_edit`."""
    photo = lock_photo(session, photo_id)
    edit = _own_edit(session, photo, key, account_id)
    if edit.undone_at is None:
        return
    _swap_states(session, edit, now=0, then=1)
    edit.undone_at = None
    _restore_mark(photo, edit, boxed=edit.kind is BoxEditKind.BOXED)
    if edit.decision_id is not None:
        undone = session.get_one(Decision, edit.decision_id)
        origin = Origin(account_id=account_id, queue=undone.queue)
        edit.decision_id = decide_face(session, undone.face_id, undone.choice, origin).id
    refresh_photos(session, [photo.id])


def _own_edit(session: Session, photo: Photo, key: str, account_id: int | None) -> BoxEdit:
    edit = session.scalars(
        select(BoxEdit).where(
            BoxEdit.key == key, BoxEdit.photo_id == photo.id, BoxEdit.account_id == account_id
        )
    ).one_or_none()
    if edit is None:
        raise InputError("edit_not_found", "You made no such edit on this photo.")
    return edit


def _swap_states(session: Session, edit: BoxEdit, *, now: int, then: int) -> None:
    """Set the states of the edit's faces from side `now` to side `then` (0 before, 1 after the edit)."""
    faces = session.scalars(select(Face).where(Face.id.in_(int(face_id) for face_id in edit.states))).all()
    for face in faces:
        pair = [None if state is None else BoxState(state) for state in edit.states[str(face.id)]]
        if face.box_state is not pair[now]:
            raise boxes_changed()
        face.box_state = pair[then]


def _restore_mark(photo: Photo, edit: BoxEdit, *, boxed: bool) -> None:
    if edit.kind not in (BoxEditKind.BOXED, BoxEditKind.UNBOXED):
        return
    if (photo.boxed_at is not None) is boxed:
        raise boxes_changed()
    photo.boxed_at = edit.created_at if boxed else None
