"""Do an edit, once however often it is sent; corners never change, a moved box is a new face."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.boxes.change import BoxChange
from core.boxes.face import FaceStanding
from core.boxes.reading import judged_faces
from core.boxes.rows import add_drawn_face, boxes_changed, find_face, lock_photo, set_state
from core.database import read_clock
from core.detection.geometry import fit_box
from core.labels.decisions import Origin, add_decision, read_labels
from core.review.elsewhere import decide_face
from models import BoxEdit, BoxEditKind, BoxState, Face, Label, Photo


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
            _say(session, find_face(session, photo.id, change.face), change, edit)
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
    before = find_face(session, photo.id, change.face)
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
        for face, standing in judged_faces(session, [photo.id])[photo.id]:
            if standing is FaceStanding.STANDS and face.box_state is None:
                set_state(edit, session.get_one(Face, face.face_id), BoxState.ACCEPTED)
    photo.boxed_at = edit.created_at if boxed else None
