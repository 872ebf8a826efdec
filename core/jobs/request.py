"""Asking for a job: the rows that workers then find."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.jobs.events import add_event
from core.jobs.options import PredictOptions
from core.jobs.stages import LISTING, STAGES, add_batch
from core.photos.folder import check_root
from core.versions.reading import read_champion
from models import (
    EventLevel,
    Job,
    JobKind,
    JobState,
    Upload,
    UploadFile,
)

_LONGEST_TITLE = 200


def request_predict(
    session: Session,
    options: PredictOptions,
    *,
    account_id: int | None,
    roots: Sequence[Path],
    title: str = "",
) -> Job:
    """Write a predict job and its first batch; the caller commits, then wakes the workers.

    Raises InputError folder_not_found, folder_not_allowed, folder_not_a_directory, folder_unreadable,
    folder_name_not_text or upload_empty.
    """
    options, default_title = check_input(session, options, roots)
    job = add_job(
        session,
        JobKind.PREDICT,
        options.to_json(),
        title=title.strip() or default_title,
        account_id=account_id,
    )
    job.classifier_version_id = read_champion(session).id
    return job


def add_job(
    session: Session, kind: JobKind, options: dict[str, Any], *, title: str, account_id: int | None
) -> Job:
    """Write a job of any kind with the first batch of its first stage; the caller commits, then wakes."""
    stage = STAGES[kind][0]
    job = Job(
        kind=kind,
        state=JobState.WAITING,
        stage=stage,
        listed=stage not in LISTING,
        title=title[:_LONGEST_TITLE],
        options=options,
        account_id=account_id,
        created_at=read_clock(session),
        batches_open=0,
    )
    session.add(job)
    session.flush()
    add_batch(session, job)
    add_event(session, job.id, EventLevel.INFO, "job_requested", f"Asked for: {job.title}.")
    return job


def check_input(
    session: Session, options: PredictOptions, roots: Sequence[Path]
) -> tuple[PredictOptions, str]:
    """Options with the folder's real path, and a title; InputError where there is nothing to read."""
    if options.folder is not None:
        folder = str(check_root(Path(options.folder), roots))
        return replace(options, folder=folder), folder
    upload = session.get(Upload, options.upload_id)
    files = session.scalars(
        select(UploadFile.name).where(UploadFile.upload_id == options.upload_id).limit(2)
    ).all()
    if upload is None or not files:
        raise InputError("upload_empty", "The upload holds no file.")
    return options, files[0] if len(files) == 1 else f"{files[0]} and further files"
