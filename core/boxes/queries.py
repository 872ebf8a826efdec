"""Read the faces of photos, the photos of a job to box, boxed photos, and edits that can be undone."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Select, exists, literal_column, select
from sqlalchemy.orm import Session, aliased

from core.boxes.face import FaceStatus, PhotoFace, face_statuses
from core.datasets.importing.job_kind import IMPORT
from core.errors import InputError
from core.labels.contested import read_contested
from core.labels.decisions import read_labels
from core.predict.unpredicted import select_unpredicted
from models import (
    BoxEdit,
    BoxEditKind,
    ClassifierVersion,
    Decision,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    Photo,
    Prediction,
    box_is_current,
)

#: A literal, not a bound parameter: SQLite uses a partial index only if it sees the constant of the index.
_DRAWN: ColumnElement[str] = literal_column("'drawn'")


def read_counting_faces(session: Session, photo_ids: Collection[int]) -> dict[int, list[PhotoFace]]:
    """The faces that count, by photo id; exports and detector training use these.

    A contested face has no label.
    """
    with_status = read_faces_with_status(session, photo_ids)
    contested = read_contested(session, [face.face_id for faces in with_status.values() for face, _ in faces])
    return {
        photo_id: [
            replace(face, label=None) if face.face_id in contested else face
            for face, status in faces
            if status is FaceStatus.COUNTS
        ]
        for photo_id, faces in with_status.items()
    }


def read_faces_with_status(
    session: Session, photo_ids: Collection[int]
) -> dict[int, list[tuple[PhotoFace, FaceStatus]]]:
    """All faces with their status, by photo id; photos without faces have an empty list."""
    faces = read_faces(session, photo_ids)
    query = select(Photo.id, Photo.boxed_at).where(Photo.id.in_(photo_ids))
    with_status = {}
    for photo_id, boxed_at in session.execute(query):
        statuses = face_statuses(faces[photo_id], photo_is_boxed=boxed_at is not None)
        with_status[photo_id] = [(face, statuses[face.face_id]) for face in faces[photo_id]]
    return with_status


def read_faces(session: Session, photo_ids: Collection[int]) -> defaultdict[int, list[PhotoFace]]:
    """All faces by photo id, of any status, oldest first."""
    rows = session.scalars(select(Face).where(Face.photo_id.in_(photo_ids)).order_by(Face.id)).all()
    ids = [row.id for row in rows]
    labels, predictions = read_labels(session, ids), _predictions(session, ids)
    found: defaultdict[int, list[PhotoFace]] = defaultdict(list)
    for row in rows:
        found[row.photo_id].append(_photo_face(row, labels.get(row.id), predictions.get(row.id)))
    return found


def read_face_refs(session: Session, faces: Collection[PhotoFace]) -> dict[int, str]:
    """References of faces on a page, by face id: the key of the edit that made it, else the face id."""
    ids = [face.face_id for face in faces if face.drawn]
    edits = select(BoxEdit.face_id, BoxEdit.key).where(
        BoxEdit.face_id.in_(ids), BoxEdit.kind.in_((BoxEditKind.DRAW, BoxEditKind.MOVE))
    )
    keys = {face_id: key for face_id, key in session.execute(edits) if face_id is not None}
    return {face.face_id: keys.get(face.face_id, str(face.face_id)) for face in faces}


def _predictions(session: Session, face_ids: Sequence[int]) -> dict[int, Prediction]:
    """Predictions by face id: the champion's, else the newest version's."""
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
    """Select drawn faces without a prediction of this classifier version, except removed ones."""
    return select_unpredicted(version_id).where(Face.detector_key == _DRAWN, box_is_current())


def get_photo(session: Session, photo_id: int) -> Photo:
    """The photo; raises InputError photo_not_found."""
    photo = session.get(Photo, photo_id)
    if photo is None:
        raise InputError("photo_not_found", f"There is no photo {photo_id}.")
    return photo


def read_undoable(session: Session, photo_id: int, account_id: int | None, *, limit: int = 100) -> list[str]:
    """Keys of a person's edits of a photo that are not undone, oldest first."""
    query = (
        select(BoxEdit.key)
        .where(BoxEdit.photo_id == photo_id, BoxEdit.account_id == account_id, BoxEdit.undone_at.is_(None))
        .order_by(BoxEdit.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))[::-1]


#: Positions searched per query, since no index covers the boxed photos of a job.
WINDOW = 2_000
#: Windows searched per page, before the reader has to continue by hand.
WINDOWS = 10


@dataclass(frozen=True, kw_only=True)
class ListedPhoto:
    """One photo with its position in a job."""

    position: int
    name: str
    photo: Photo


@dataclass(frozen=True, kw_only=True)
class PhotosPage:
    """A page of photos, by position."""

    photos: tuple[ListedPhoto, ...]
    #: The `after` of the next page; None on the last page.
    next_after: int | None
    #: True if the search stopped early; more photos may follow.
    cut_short: bool = False


def list_photos(
    session: Session, job_id: int, *, boxed: bool, after: int | None = None, limit: int = 60
) -> PhotosPage:
    """The job's boxed photos, or those still to box, after position `after`.

    Photos of a labelled set have the boxes of the set, and are not to be boxed.
    """
    if not boxed and session.scalars(select(Job.kind).where(Job.id == job_id)).one_or_none() == IMPORT.name:
        return PhotosPage(photos=(), next_after=None)
    found: list[_Place] = []
    start = -1 if after is None else after
    for _ in range(WINDOWS):
        rows = session.execute(_window(job_id, start)).all()
        found += [
            _Place(*row[:3])
            for row in rows
            if row.photo_id and (row.boxed_at is not None) is boxed and (boxed or not row.imported)
        ]
        if len(found) > limit:
            return PhotosPage(
                photos=_with_photos(session, found[:limit]), next_after=found[limit - 1].position
            )
        if len(rows) < WINDOW:
            return PhotosPage(photos=_with_photos(session, found), next_after=None)
        start = rows[-1].position
    return PhotosPage(photos=_with_photos(session, found), next_after=start, cut_short=True)


def find_next_to_box(session: Session, job_id: int, position: int) -> ListedPhoto | None:
    """The next unboxed photo, continuing from the start of the job; None if there is none.

    Searches only as far as `list_photos`.
    """
    for after, before in ((position, None), (None, position)):
        page = list_photos(session, job_id, boxed=False, after=after, limit=1)
        if page.photos and (before is None or page.photos[0].position < before):
            return page.photos[0]
    return None


def find_previous_photo(session: Session, job_id: int, position: int) -> ListedPhoto | None:
    """The photo before a position, boxed or not; None at the start."""
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


def _window(job_id: int, after: int) -> Select[int, str, int, datetime | None, bool]:
    """Up to WINDOW rows after a position."""
    return _listed(job_id).where(JobPhoto.position > after).order_by(JobPhoto.position).limit(WINDOW)


def _listed(job_id: int) -> Select[int, str, int, datetime | None, bool]:
    """Position, name, photo id, time of boxing, and whether a labelled set holds the photo.

    There is no photo if the file could not be read.
    """
    imported = aliased(JobPhoto)
    by_an_import = exists().where(
        imported.photo_id == Photo.id, imported.job_id == Job.id, Job.kind == IMPORT.name
    )
    return (
        select(
            JobPhoto.position,
            JobPhoto.name,
            Photo.id.label("photo_id"),
            Photo.boxed_at,
            by_an_import.label("imported"),
        )
        .outerjoin(Photo, (Photo.id == JobPhoto.photo_id) & (JobPhoto.state == JobPhotoState.DONE))
        .where(JobPhoto.job_id == job_id)
    )
