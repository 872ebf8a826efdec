"""The rows that edits touch: a locked photo, a named face, a drawn face, a state that is written down."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.detection.face import Box
from core.errors import InputError
from models import DRAWN, BoxEdit, BoxState, Face, Photo


def boxes_changed() -> InputError:
    """Somebody else was faster."""
    return InputError("boxes_changed", "The boxes have changed meanwhile; they are shown as they stand now.")


def get_photo(session: Session, photo_id: int) -> Photo:
    """The photo, or InputError photo_not_found."""
    photo = session.get(Photo, photo_id)
    if photo is None:
        raise InputError("photo_not_found", f"There is no photo {photo_id}.")
    return photo


def lock_photo(session: Session, photo_id: int) -> Photo:
    """The photo as it stands, locked until the transaction ends: edits of one photo come one by one."""
    photo = session.get(Photo, photo_id, with_for_update={"key_share": True}, populate_existing=True)
    return photo or get_photo(session, photo_id)


def find_face(session: Session, photo_id: int, ref: str) -> Face:
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
