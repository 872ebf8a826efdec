"""Requesting a predict job, and checking the input of every job that reads a folder or an upload."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.request import add_job
from core.library.files.folder import check_root
from core.predict.options import PredictOptions
from core.versions.queries import read_champion
from models import Job, JobKind, Upload, UploadFile


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
