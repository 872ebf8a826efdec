"""Select the photos of an extract job, and write the results of a batch."""

from collections.abc import Mapping

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.orm import Session

from core.jobs.claim import Claim
from core.library.fingerprints.store import save_hashes
from core.predict.extract.job_kind import ExtractOptions
from core.predict.extract.search import SearchedPhoto
from core.predict.store import save_found_faces
from models import Extraction, Job, JobPhoto, Photo


def not_searched(detector_key: str, options: ExtractOptions) -> tuple[ColumnElement[bool], ...]:
    """Conditions of the photos that match the options and that this detector has not searched."""
    searched = exists(
        select(Extraction.id).where(Extraction.photo_id == Photo.id, Extraction.detector_key == detector_key)
    )
    conditions: tuple[ColumnElement[bool], ...] = (~searched,)
    if options.leave_out_hidden:
        conditions += (~Photo.hidden,)
    if options.job_id is not None:
        of_job = select(JobPhoto.photo_id).where(
            JobPhoto.job_id == options.job_id, JobPhoto.photo_id.is_not(None)
        )
        conditions += (Photo.id.in_(of_job),)
    return conditions


def save_searched(
    session: Session, claim: Claim, searched: Mapping[int, SearchedPhoto], *, detector_key: str
) -> None:
    """Write faces and hashes by photo id, and count photos without a face."""
    ordered = dict(sorted(searched.items()))
    save_found_faces(session, {photo_id: found.faces for photo_id, found in ordered.items()}, detector_key)
    save_hashes(
        session, {photo_id: found.hashed for photo_id, found in ordered.items() if found.hashed is not None}
    )
    session.execute(
        update(Job)
        .where(Job.id == claim.job_id)
        .values(
            detector_key=detector_key,
            photos_without_face=Job.photos_without_face + sum(not s.faces for s in searched.values()),
        )
    )
