"""Predict jobs over files of a folder that are named one by one, such as the new ones of a watched folder."""

from collections.abc import Sequence

from sqlalchemy import insert
from sqlalchemy.orm import Session

from core.jobs.request import add_listed_job
from core.jobs.store import add_batches, add_event
from core.number_text import plural
from core.predict.job_kind import PREDICT, PREDICT_STAGE
from core.predict.listing.photos import ListedPhoto
from core.predict.listing.store import job_photo_row
from core.predict.options import PredictOptions
from core.versions.queries import read_champion
from models import EventLevel, Job, JobPhoto


def request_files(
    session: Session,
    options: PredictOptions,
    files: Sequence[ListedPhoto],
    *,
    account_id: int | None,
    batch_photos: int,
    title: str,
) -> Job:
    """Write a predict job with a row for each file and the batches that read them; nothing is listed later.

    `options.folder` is a real path that may be read: no file system is asked. The caller commits, then wakes
    the workers.
    """
    job = add_listed_job(session, PREDICT, PREDICT_STAGE.name, options, title=title, account_id=account_id)
    job.classifier_version_id = read_champion(session).id
    job.options = options.with_changes(files_of_job=job.id).to_json()
    session.execute(insert(JobPhoto), [job_photo_row(job.id, n, file) for n, file in enumerate(files)])
    job.photos_found = len(files)
    job.photos_failed = sum(file.error_code is not None for file in files)
    session.flush()
    add_batches(session, job.id, PREDICT_STAGE.name, first=0, count=len(files), batch_photos=batch_photos)
    add_event(session, job.id, EventLevel.INFO, "job_listed", f"Given {plural(len(files), 'photo')}.")
    return job
