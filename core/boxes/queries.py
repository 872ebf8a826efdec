"""Read the faces of photos, the photos of a job to box, and the edits that a person can undo."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, literal_column, select
from sqlalchemy.orm import Session

from core.boxes.face import FaceStatus, PhotoFace, face_statuses
from core.errors import InputError
from core.labels.decisions import read_labels
from core.predict.unpredicted import select_unpredicted
from models import (
    BoxEdit,
    BoxEditKind,
    ClassifierVersion,
    Decision,
    Face,
    JobPhoto,
    JobPhotoState,
    Photo,
    Prediction,
    box_stands,
)

#: Written out and not bound: SQLite takes a partial index only where it sees the index's own constant.
_DRAWN: ColumnElement[str] = literal_column("'drawn'")


def read_counting_faces(session: Session, photo_ids: Collection[int]) -> dict[int, list[PhotoFace]]:
    """The faces that stand, by photo id: what exports, datasets and detector training take."""
    return {
        photo_id: [face for face, standing in judged if standing is FaceStatus.STANDS]
        for photo_id, judged in read_faces_with_status(session, photo_ids).items()
    }


def read_faces_with_status(
    session: Session, photo_ids: Collection[int]
) -> dict[int, list[tuple[PhotoFace, FaceStatus]]]:
    """Every face of every photo with its standing, by photo id; photos without faces have an empty list."""
    faces = read_faces(session, photo_ids)
    query = select(Photo.id, Photo.boxed_at).where(Photo.id.in_(photo_ids))
    judged = {}
    for photo_id, boxed_at in session.execute(query):
        standings = face_statuses(faces[photo_id], photo_is_boxed=boxed_at is not None)
        judged[photo_id] = [(face, standings[face.face_id]) for face in faces[photo_id]]
    return judged


def read_faces(session: Session, photo_ids: Collection[int]) -> defaultdict[int, list[PhotoFace]]:
    """All faces by photo id, whatever their standing, in the order in which they came to be."""
    rows = session.scalars(select(Face).where(Face.photo_id.in_(photo_ids)).order_by(Face.id)).all()
    ids = [row.id for row in rows]
    labels, predictions = read_labels(session, ids), _predictions(session, ids)
    found: defaultdict[int, list[PhotoFace]] = defaultdict(list)
    for row in rows:
        found[row.photo_id].append(_photo_face(row, labels.get(row.id), predictions.get(row.id)))
    return found


def read_face_refs(session: Session, faces: Collection[PhotoFace]) -> dict[int, str]:
    """How a page names each face: by the edit that made it, which the page may have sent, else by its id."""
    ids = [face.face_id for face in faces if face.drawn]
    made = select(BoxEdit.face_id, BoxEdit.key).where(
        BoxEdit.face_id.in_(ids), BoxEdit.kind.in_((BoxEditKind.DRAW, BoxEditKind.MOVE))
    )
    keys = {face_id: key for face_id, key in session.execute(made) if face_id is not None}
    return {face.face_id: keys.get(face.face_id, str(face.face_id)) for face in faces}


def _predictions(session: Session, face_ids: Sequence[int]) -> dict[int, Prediction]:
    """The champion's, or else the newest version's."""
    query = (
        select(Prediction)
        .join(ClassifierVersion, ClassifierVersion.id == Prediction.classifier_version_id)
        .where(Prediction.face_id.in_(face_ids))
        .order_by(ClassifierVersion.champion, ClassifierVersion.id)
    )
    return {prediction.face_id: prediction for prediction in session.scalars(query)}


def _photo_face(row: Face, decision: Decision | None, prediction: Prediction | None) -> PhotoFace:
    return PhotoFace(
        face_id=row.id,
        photo_id=row.photo_id,
        detector_key=row.detector_key,
        x1=row.x1,
        y1=row.y1,
        x2=row.x2,
        y2=row.y2,
        score=row.score,
        box_state=row.box_state,
        label=decision.label if decision else None,
        predicted=prediction.label if prediction else None,
        confidence=getattr(prediction, prediction.label.value) if prediction else None,
    )


def select_unpredicted_drawn(version_id: int) -> Select[Face]:
    """Drawn faces that count and that the classifier version has not predicted."""
    return select_unpredicted(version_id).where(Face.detector_key == _DRAWN, box_stands())


def get_photo(session: Session, photo_id: int) -> Photo:
    """The photo, or InputError photo_not_found."""
    photo = session.get(Photo, photo_id)
    if photo is None:
        raise InputError("photo_not_found", f"There is no photo {photo_id}.")
    return photo


def read_undoable(session: Session, photo_id: int, account_id: int | None, *, limit: int = 100) -> list[str]:
    """Keys of a person's edits of a photo that stand, the oldest first."""
    query = (
        select(BoxEdit.key)
        .where(BoxEdit.photo_id == photo_id, BoxEdit.account_id == account_id, BoxEdit.undone_at.is_(None))
        .order_by(BoxEdit.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))[::-1]


#: Positions looked at in one query, since no index knows which photos of a job are boxed.
WINDOW = 2_000
#: Windows looked through for one page before the reader is asked whether to go on.
WINDOWS = 10


@dataclass(frozen=True, kw_only=True)
class ListedPhoto:
    """One photo at its place in a job."""

    position: int
    name: str
    photo: Photo


@dataclass(frozen=True, kw_only=True)
class PhotosPage:
    """Photos by position."""

    photos: tuple[ListedPhoto, ...]
    #: Give it as `after` for the next page; None at the end.
    next_after: int | None
    #: True where looking stopped for its cost, so that more may fit beyond.
    cut_short: bool = False


def list_photos(
    session: Session, job_id: int, *, boxed: bool, after: int | None = None, limit: int = 60
) -> PhotosPage:
    """The job's photos beyond position `after` that are boxed, or those that are not."""
    found: list[_Place] = []
    start = -1 if after is None else after
    for _ in range(WINDOWS):
        rows = session.execute(_window(job_id, start)).all()
        found += [_Place(*row[:3]) for row in rows if row.photo_id and (row.boxed_at is not None) is boxed]
        if len(found) > limit:
            return PhotosPage(
                photos=_with_photos(session, found[:limit]), next_after=found[limit - 1].position
            )
        if len(rows) < WINDOW:
            return PhotosPage(photos=_with_photos(session, found), next_after=None)
        start = rows[-1].position
    return PhotosPage(photos=_with_photos(session, found), next_after=start, cut_short=True)


def next_to_box(session: Session, job_id: int, position: int) -> ListedPhoto | None:
    """The next photo that is not boxed yet, from the start again at the end; None where all are.

    It looks no further than `list_photos` does.
    """
    for after, before in ((position, None), (None, position)):
        page = list_photos(session, job_id, boxed=False, after=after, limit=1)
        if page.photos and (before is None or page.photos[0].position < before):
            return page.photos[0]
    return None


def photo_before(session: Session, job_id: int, position: int) -> ListedPhoto | None:
    """The photo that was read before a position, boxed or not; None at the start."""
    query = (
        _listed(job_id)
        .where(JobPhoto.position < position, Photo.id.is_not(None))
        .order_by(JobPhoto.position.desc())
        .limit(1)
    )
    place = session.execute(query).first()
    return _with_photos(session, [_Place(*place[:3])])[0] if place else None


class _Place(NamedTuple):
    position: int
    name: str
    photo_id: int


def _with_photos(session: Session, places: list[_Place]) -> tuple[ListedPhoto, ...]:
    query = select(Photo).where(Photo.id.in_(place.photo_id for place in places))
    photos = {photo.id: photo for photo in session.scalars(query)}
    return tuple(
        ListedPhoto(position=place.position, name=place.name, photo=photos[place.photo_id])
        for place in places
    )


def _window(job_id: int, after: int) -> Select[int, str, int, datetime | None]:
    """Up to WINDOW rows beyond a position."""
    return _listed(job_id).where(JobPhoto.position > after).order_by(JobPhoto.position).limit(WINDOW)


def _listed(job_id: int) -> Select[int, str, int, datetime | None]:
    """Position, name, photo and its mark; no photo where the file could not be read."""
    return (
        select(JobPhoto.position, JobPhoto.name, Photo.id.label("photo_id"), Photo.boxed_at)
        .outerjoin(Photo, (Photo.id == JobPhoto.photo_id) & (JobPhoto.state == JobPhotoState.DONE))
        .where(JobPhoto.job_id == job_id)
    )
