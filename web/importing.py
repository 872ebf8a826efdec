"""`maskloop import`: a labelled set taken in without the web page."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.database import Database
from core.datasets.importing.job_kind import ImportOptions, request_import
from core.settings import Settings
from models import Decision, Job, JobPhoto, JobPhotoState, Label
from web.running import allow_folder, run_job, warn_outside


def import_folder(settings: Settings, folder: Path, *, quiet: bool) -> int:
    """Run one import job to its end and show what came of it; the exit status."""
    options = ImportOptions(folder=str(folder.resolve()))
    allowed = allow_folder(settings, options.folder)

    def ask(session: Session, account_id: int) -> Job:
        return request_import(session, options, account_id=account_id, roots=allowed.roots)

    with run_job(allowed, ask, quiet=quiet) as (db, job):
        Console().print(_table(db, job))
        warn_outside(settings, options.folder, quiet=quiet)
        return 1 if job.photos_failed else 0


def _table(db: Database, job: Job) -> Table:
    with db.read() as session:
        decided = _decisions(session, job.id)
        failed = _failures(session, job.id)
    table = Table("", "decisions", title=f"{job.photos_done} photos read")
    table.columns[1].justify = "right"
    for label in Label:
        table.add_row(label.value, f"{decided.get(label, 0):,}")
    table.add_section()
    for code, count in failed.items():
        table.add_row(f"photos left out: {code}", f"{count:,}")
    return table


def _decisions(session: Session, job_id: int) -> dict[Label | None, int]:
    query = select(Decision.label, func.count()).where(Decision.job_id == job_id).group_by(Decision.label)
    return dict(session.execute(query).all())


def _failures(session: Session, job_id: int) -> dict[str | None, int]:
    query = (
        select(JobPhoto.error_code, func.count())
        .where(JobPhoto.job_id == job_id, JobPhoto.state == JobPhotoState.FAILED)
        .group_by(JobPhoto.error_code)
    )
    return dict(session.execute(query).all())
