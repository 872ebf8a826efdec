"""`maskloop import`: imports a labelled set from the command line."""

from pathlib import Path

from rich.console import Console
from rich.table import Table
from sqlalchemy.orm import Session

from core.database import Database
from core.datasets.importing.job_kind import ImportOptions, request_import
from core.datasets.importing.queries import count_decisions, count_failed_photos
from core.settings import Settings
from models import Job, Label
from web.run_command import allow_folder, run_job, warn_outside


def import_folder(settings: Settings, folder: Path, *, quiet: bool) -> int:
    """Run an import job to its end and print what it wrote; returns the exit status."""
    options = ImportOptions(folder=str(folder.resolve()))
    allowed = allow_folder(settings, options.folder)

    def request(session: Session, account_id: int) -> Job:
        return request_import(session, options, account_id=account_id, roots=allowed.roots)

    with run_job(allowed, request, quiet=quiet) as (db, job):
        Console().print(_table(db, job))
        warn_outside(settings, options.folder, quiet=quiet)
        return 1 if job.photos_failed else 0


def _table(db: Database, job: Job) -> Table:
    with db.read() as session:
        decisions = count_decisions(session, job.id)
        failed = count_failed_photos(session, job.id)
    table = Table("", "decisions", title=f"{job.photos_done} photos read")
    table.columns[1].justify = "right"
    for label in Label:
        table.add_row(label.value, f"{decisions.get(label, 0):,}")
    table.add_section()
    for code, count in failed.items():
        table.add_row(f"photos skipped: {code}", f"{count:,}")
    return table
