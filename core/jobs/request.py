"""Asking for a job: the rows that workers then find."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.jobs.events import add_event
from core.jobs.options import PredictOptions
from core.photos.folder import check_root
from models import (
    Batch,
    BatchKind,
    BatchState,
    ClassifierVersion,
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
    options, default_title = _check_input(session, options, roots)
    now = read_clock(session)
    job = Job(
        kind=JobKind.PREDICT,
        state=JobState.WAITING,
        stage=BatchKind.LIST,
        title=(title.strip() or default_title)[:_LONGEST_TITLE],
        options=options.to_json(),
        account_id=account_id,
        classifier_version_id=_champion_id(session),
        created_at=now,
        batches_open=1,
    )
    session.add(job)
    session.flush()
    session.add(
        Batch(job_id=job.id, kind=BatchKind.LIST, sequence=0, state=BatchState.WAITING, not_before=now)
    )
    add_event(session, job.id, EventLevel.INFO, "job_requested", f"Asked for: {default_title}.")
    return job


def _check_input(
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


def _champion_id(session: Session) -> int:
    return session.scalars(select(ClassifierVersion.id).where(ClassifierVersion.champion)).one()
