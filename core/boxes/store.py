"""Write edits of boxes, and undo and redo them; corners never change, a moved box is a new face."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.boxes.change import BoxChange
from core.boxes.face import FaceStatus
from core.boxes.queries import get_photo, read_faces_with_status
from core.database import read_clock
from core.detection.face import Box, fit_box
from core.errors import InputError
from core.labels.decisions import Origin, add_decision, read_labels, undo_decision
from core.review.answers.outside_decisions import decide_face
from models import DRAWN, BoxEdit, BoxEditKind, BoxState, Decision, Face, Label, Photo


def boxes_changed() -> InputError:
    """Somebody else was faster."""
    return InputError("boxes_changed", "The boxes have changed meanwhile; they are shown as they stand now.")


def lock_photo(session: Session, photo_id: int) -> Photo:
    """The photo as it stands, locked until the transaction ends: edits of one photo come one by one."""
    photo = session.get(Photo, photo_id, with_for_update={"key_share": True}, populate_existing=True)
    return photo or get_photo(session, photo_id)


def get_face(session: Session, photo_id: int, ref: str) -> Face:
    """The face that a page names by its id or by the edit that made it; InputError boxes_changed."""
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
    """A drawn face with the next free number; the photo is locked."""
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
        # What undo brings it back to.
        box_state=BoxState.REMOVED,
        created_at=read_clock(session),
    )
    session.add(face)
    session.flush()
    return face


def set_state(edit: BoxEdit, face: Face, state: BoxState) -> None:
    """Change what is said of a box, and write down what was said before."""
    edit.states = edit.states | {str(face.id): [face.box_state, state]}
    face.box_state = state


def apply_change(session: Session, photo_id: int, change: BoxChange, *, account_id: int | None) -> None:
    """Do what a page asks for.

    Raises InputError photo_not_found, box_invalid, or boxes_changed where the face is gone meanwhile.
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
            _say(session, get_face(session, photo.id, change.face), change, edit)
    session.add(edit)
    session.flush()


def _draw(session: Session, photo: Photo, change: BoxChange, edit: BoxEdit) -> Face:
    box = fit_box(change.box, width=photo.width, height=photo.height)
    face = add_drawn_face(session, photo, box)
    edit.face_id = face.id
    set_state(edit, face, BoxState.ACCEPTED)
    return face


def _move(session: Session, photo: Photo, change: BoxChange, edit: BoxEdit) -> None:
    """The new face takes the old one's label along, as said before: who moves a box may not see the label."""
    before = get_face(session, photo.id, change.face)
    face = _draw(session, photo, change, edit)
    set_state(edit, before, BoxState.REPLACED)
    edit.replaced_id = before.id
    decision = read_labels(session, [before.id]).get(before.id)
    if decision is not None and decision.label is not Label.NOT_A_FACE:
        origin = Origin(account_id=decision.account_id, queue=change.queue)
        add_decision(session, face.id, decision.label, origin, mask_kind=decision.mask_kind)


def _say(session: Session, face: Face, change: BoxChange, edit: BoxEdit) -> None:
    """Take a face away, accept its box, or label it."""
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
    """Say whether every face is boxed; what stands then is accepted, so that no later search changes it."""
    boxed = edit.kind is BoxEditKind.BOXED
    if (photo.boxed_at is not None) is boxed:
        raise boxes_changed()
    if boxed:
        for face, standing in read_faces_with_status(session, [photo.id])[photo.id]:
            if standing is FaceStatus.STANDS and face.box_state is None:
                set_state(edit, session.get_one(Face, face.face_id), BoxState.ACCEPTED)
    photo.boxed_at = edit.created_at if boxed else None


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
    _restore_mark(photo, edit, boxed=edit.kind is BoxEditKind.UNBOXED)
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
    _restore_mark(photo, edit, boxed=edit.kind is BoxEditKind.BOXED)
    if edit.decision_id is not None:
        undone = session.get_one(Decision, edit.decision_id)
        origin = Origin(account_id=account_id, queue=undone.queue)
        edit.decision_id = decide_face(session, undone.face_id, undone.label, origin).id


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


def _restore_mark(photo: Photo, edit: BoxEdit, *, boxed: bool) -> None:
    if edit.kind not in (BoxEditKind.BOXED, BoxEditKind.UNBOXED):
        return
    if (photo.boxed_at is not None) is boxed:
        raise boxes_changed()
    photo.boxed_at = edit.created_at if boxed else None
