"""The database work before a batch: which photos wait, which classifier version, what is known already."""

import os
from pathlib import Path
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from core.errors import PermanentError
from core.jobs.claim import Claim
from core.library.files.store import PhotoStore
from core.predict.options import PredictOptions
from core.predict.reading import PhotoToRead
from models import ClassifierVersion, Extraction, Face, Job, JobPhoto, JobPhotoState, Photo, Prediction


def read_version(session: Session, job_id: int) -> ClassifierVersion:
    """The classifier version that a job was asked for with."""
    return session.scalars(
        select(ClassifierVersion)
        .join(Job, Job.classifier_version_id == ClassifierVersion.id)
        .where(Job.id == job_id)
    ).one()


def read_waiting(
    session: Session, claim: Claim, options: PredictOptions, store: PhotoStore
) -> list[PhotoToRead]:
    """The batch's photos that have no result yet."""
    rows = session.execute(
        select(JobPhoto.position, JobPhoto.locator, JobPhoto.stored_sha256)
        .where(*in_batch(claim), JobPhoto.state == JobPhotoState.WAITING)
        .order_by(JobPhoto.position)
    )
    return [_to_read(position, locator, sha256, options, store) for position, locator, sha256 in rows]


def in_batch(claim: Claim) -> tuple[Any, ...]:
    """The condition that selects the claim's rows of `JobPhoto`."""
    return (
        JobPhoto.job_id == claim.job_id,
        JobPhoto.position.between(claim.first_position, claim.last_position),
    )


def _to_read(
    position: int, locator: bytes, sha256: str | None, options: PredictOptions, store: PhotoStore
) -> PhotoToRead:
    if sha256 is None:
        if options.folder is None:
            raise PermanentError("upload_lost", "An uploaded file was never stored; send it again.")
        return PhotoToRead(position=position, root=Path(options.folder), relative=locator)
    relative = store.path_of(sha256).relative_to(store.folder)
    return PhotoToRead(position=position, root=store.folder, relative=os.fsencode(relative))


def is_known(session: Session, sha256: str, detector_key: str, classifier_version_id: int) -> bool:
    """True when this detector searched the photo before and this classifier judged every face it found."""
    photo_id = session.scalars(
        select(Extraction.photo_id)
        .join(Photo)
        .where(Photo.sha256 == sha256, Extraction.detector_key == detector_key)
    ).one_or_none()
    if photo_id is None:
        return False
    judged = exists(_prediction_of(classifier_version_id).where(Prediction.face_id == Face.id))
    unjudged = select(Face.id).where(Face.photo_id == photo_id, Face.detector_key == detector_key, ~judged)
    return session.scalars(unjudged.limit(1)).one_or_none() is None


def _prediction_of(classifier_version_id: int) -> Any:
    return select(Prediction.id).where(Prediction.classifier_version_id == classifier_version_id)
