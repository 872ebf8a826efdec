"""Read the input of a predict batch, known photos, and face counts from stored predictions."""

import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from core.detection.face import highest
from core.errors import PermanentError
from core.jobs.claim import Claim
from core.jobs.store import in_range
from core.labels.shown_label import ShownLabel, shown_label
from core.library.files.bucket import NO_BUCKETS, read_object
from core.library.files.store import PhotoStore
from core.predict.options import PredictOptions
from core.predict.results import PhotoToRead
from core.storage.address import is_address
from core.storage.inputs import InputBuckets
from models import ClassifierVersion, Extraction, Face, Job, JobPhoto, JobPhotoState, Label, Photo, Prediction


@dataclass(frozen=True, kw_only=True)
class PhotoCounts:
    """Faces of one photo by shown label; `not_a_face` is not counted."""

    faces: int = 0
    with_mask: int = 0
    without_mask: int = 0
    incorrect: int = 0
    indeterminate: int = 0
    least_confidence: float | None = None

    def to_columns(self) -> dict[str, int | float | None]:
        """The columns of `JobPhoto`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def read_version(session: Session, job_id: int) -> ClassifierVersion:
    """The classifier version of a job."""
    return session.scalars(
        select(ClassifierVersion)
        .join(Job, Job.classifier_version_id == ClassifierVersion.id)
        .where(Job.id == job_id)
    ).one()


def read_waiting(
    session: Session,
    claim: Claim,
    options: PredictOptions,
    store: PhotoStore,
    allowed_roots: tuple[Path, ...],
    buckets: InputBuckets = NO_BUCKETS,
) -> list[PhotoToRead]:
    """The batch's photos that have no result yet; links in a folder may lead into `allowed_roots`."""
    rows = session.execute(
        select(JobPhoto.position, JobPhoto.locator, JobPhoto.stored_sha256, Photo.erased_at)
        .outerjoin(Photo, Photo.sha256 == JobPhoto.stored_sha256)
        .where(*in_range(claim), JobPhoto.state == JobPhotoState.WAITING)
        .order_by(JobPhoto.position)
    )
    return [
        _to_read(position, locator, options, allowed_roots, buckets)
        if sha256 is None
        else _to_read_stored(position, sha256, store, erased=erased_at is not None)
        for position, locator, sha256, erased_at in rows
    ]


def is_known(session: Session, sha256: str, detector_key: str, classifier_version_id: int) -> bool:
    """Whether this detector has searched the photo and this classifier has predicted all its faces."""
    photo_id = session.scalars(
        select(Extraction.photo_id)
        .join(Photo)
        .where(Photo.sha256 == sha256, Extraction.detector_key == detector_key)
    ).one_or_none()
    if photo_id is None:
        return False
    predicted = exists(_prediction_of(classifier_version_id).where(Prediction.face_id == Face.id))
    unpredicted = select(Face.id).where(
        Face.photo_id == photo_id, Face.detector_key == detector_key, ~predicted
    )
    return session.scalars(unpredicted.limit(1)).one_or_none() is None


def count_faces(
    session: Session,
    photo_ids: Sequence[int],
    *,
    detector_key: str,
    classifier_version_id: int,
    indeterminate_below: float,
) -> dict[int, PhotoCounts]:
    """Face counts by photo id, from stored predictions; zeros for a photo without faces."""
    rows = session.execute(
        select(
            Face.photo_id,
            Prediction.label,
            Prediction.with_mask,
            Prediction.without_mask,
            Prediction.incorrect,
        )
        .join(Prediction, Prediction.face_id == Face.id)
        .where(
            Face.photo_id.in_(photo_ids),
            Face.detector_key == detector_key,
            Prediction.classifier_version_id == classifier_version_id,
            Prediction.label != Label.NOT_A_FACE,
        )
    )
    by_photo: dict[int, list[tuple[Label, float]]] = defaultdict(list)
    for photo_id, label, *probabilities in rows:
        by_photo[photo_id].append((label, highest(probabilities)))
    return {photo_id: _count(by_photo[photo_id], indeterminate_below) for photo_id in photo_ids}


def _to_read(
    position: int,
    locator: bytes,
    options: PredictOptions,
    allowed_roots: tuple[Path, ...],
    buckets: InputBuckets,
) -> PhotoToRead:
    if options.folder is None:
        raise PermanentError("upload_lost", "An uploaded file was not stored. Upload it again.")
    if is_address(options.folder):
        read = partial(read_object, buckets.open(options.folder), locator)
        return PhotoToRead(position=position, root=Path(), relative=locator, read=read)
    root = Path(options.folder)
    return PhotoToRead(position=position, root=root, relative=locator, allowed_roots=allowed_roots)


def _to_read_stored(position: int, sha256: str, store: PhotoStore, *, erased: bool) -> PhotoToRead:
    relative = store.path_of(sha256).relative_to(store.root)
    return PhotoToRead(
        position=position,
        root=store.root,
        relative=os.fsencode(relative),
        stored=True,
        erased=erased,
        bring=partial(store.local, sha256) if store.is_elsewhere else None,
    )


def _prediction_of(classifier_version_id: int) -> Any:
    return select(Prediction.id).where(Prediction.classifier_version_id == classifier_version_id)


def _count(faces: Sequence[tuple[Label, float]], indeterminate_below: float) -> PhotoCounts:
    shown = Counter(shown_label(label, confidence, indeterminate_below) for label, confidence in faces)
    return PhotoCounts(
        faces=len(faces),
        with_mask=shown[ShownLabel.WITH_MASK],
        without_mask=shown[ShownLabel.WITHOUT_MASK],
        incorrect=shown[ShownLabel.INCORRECT],
        indeterminate=shown[ShownLabel.INDETERMINATE],
        least_confidence=min((confidence for _, confidence in faces), default=None),
    )
