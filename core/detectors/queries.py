"""Read the photos whose faces are all boxed, with their split, and the boxes that a detector learns from."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.boxes.face import FaceStatus, PhotoFace
from core.boxes.queries import read_faces_with_status
from core.database import in_slices
from core.detectors.job_kind import FIT_DETECTOR_STAGE, TRAIN_DETECTOR, select_boxed, select_detector_fit
from models import Job, Photo, Split, SplitGroup

_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class BoxedPhoto:
    """A photo whose faces are all boxed; corners in pixels of the full-size photo, float32."""

    photo: Photo
    split: Split
    #: Faces that count (n, 4).
    boxes: NDArray[np.float32]
    #: Boxes that nobody decided about (m, 4): neither right nor wrong.
    ignored: NDArray[np.float32]

    @property
    def identity(self) -> str:
        """Changes with the photo's bytes and its boxes."""
        return f"{self.photo.sha256} {self.boxes.round(1).tolist()}"


def read_boxed(session: Session, splits: Collection[Split]) -> list[BoxedPhoto]:
    """The boxed photos of these splits, by id; photos without a split group are left out."""
    query = (
        select_boxed()
        .add_columns(SplitGroup.split)
        .join(SplitGroup, SplitGroup.id == Photo.split_group_id)
        .where(SplitGroup.split.in_(splits))
        .order_by(Photo.id)
    )
    rows = session.execute(query).all()
    found = []
    for start in range(0, len(rows), _AT_ONCE):
        some = rows[start : start + _AT_ONCE]
        faces = read_faces_with_status(session, [photo.id for photo, _ in some])
        found += [_boxed(photo, split, faces[photo.id]) for photo, split in some]
    return found


def content_sha256(photos: Sequence[BoxedPhoto]) -> str:
    """Of the photos' bytes and boxes: the same input gives the same hash."""
    return hashlib.sha256("\n".join(sorted(each.identity for each in photos)).encode()).hexdigest()


def list_detector_trainings(session: Session, *, limit: int = 20) -> list[Job]:
    """Trainings of detectors, newest first."""
    query = select(Job).where(Job.kind == TRAIN_DETECTOR.name, Job.deleted_at.is_(None))
    return list(session.scalars(query.order_by(Job.id.desc()).limit(limit)))


def is_detector_stop_requested(session: Session, job_id: int) -> bool:
    """Whether somebody requested that the fit stop."""
    batch = session.scalars(select_detector_fit(job_id)).one_or_none()
    return batch is not None and FIT_DETECTOR_STAGE.payload_of(batch).stop


def is_detector_outdated(session: Session, photo_ids: Sequence[str]) -> bool:
    """Whether one of these prepared photos was removed since, or is no longer marked as boxed."""
    ids = [int(each) for each in photo_ids]
    kept = sum(
        session.scalars(
            select(func.count()).select_from(select_boxed().where(Photo.id.in_(some)).subquery())
        ).one()
        for some in in_slices(ids)
    )
    return kept < len(ids)


def _boxed(photo: Photo, split: Split, faces: Sequence[tuple[PhotoFace, FaceStatus]]) -> BoxedPhoto:
    return BoxedPhoto(
        photo=photo,
        split=split,
        boxes=_corners([face for face, status in faces if status is FaceStatus.COUNTS]),
        ignored=_corners([face for face, status in faces if status is FaceStatus.PROPOSED]),
    )


def _corners(faces: Sequence[PhotoFace]) -> NDArray[np.float32]:
    return np.array([(face.x1, face.y1, face.x2, face.y2) for face in faces], np.float32).reshape(-1, 4)
