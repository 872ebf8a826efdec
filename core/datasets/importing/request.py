"""Ask for a labelled set to be imported."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sqlalchemy.orm import Session

from core.datasets.importing.options import ImportOptions
from core.jobs.request import add_job
from core.predict.request import check_input
from models import Job, JobKind


def request_import(
    session: Session,
    options: ImportOptions,
    *,
    account_id: int | None,
    roots: Sequence[Path],
    title: str = "",
) -> Job:
    """Write an import job; the caller commits, then wakes the workers. Raises as `request_predict` does."""
    checked, default_title = check_input(session, options.input, roots)
    options = replace(options, folder=checked.folder)
    title = title.strip() or f"Import of {default_title}"
    return add_job(session, JobKind.IMPORT, options.to_json(), title=title, account_id=account_id)
