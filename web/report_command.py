"""`maskloop report`: writes the report of a job again from the command line."""

from pathlib import Path

from rich.console import Console
from sqlalchemy.orm import Session

from core.database import Database
from core.jobs.queries import get_job
from core.number_text import plural
from core.results.reports.changes import Changes, read_changes
from core.results.reports.request import request_reports
from core.settings import Settings
from models import Job
from web.run_command import copy_reports, run_job
from workers.setup import prepare


def write_again(
    settings: Settings, job_id: int, *, out: Path | None, names_people: bool, if_changed: bool, quiet: bool
) -> None:
    """Write the report again and print where it is.

    Raises InputError job_not_found, job_deleted, no_reports or job_state.
    """
    changes = _read_changes(settings, job_id)
    print(_words(changes))
    if if_changed and changes is not None and not changes.any:
        return

    def request(session: Session, _account_id: int) -> Job:
        request_reports(session, job_id, names_people=names_people)
        return get_job(session, job_id)

    with run_job(settings, request, quiet=quiet) as (db, job):
        print(copy_reports(db, settings, job, out))


def _read_changes(settings: Settings, job_id: int) -> Changes | None:
    prepare(settings, say=Console(stderr=True).print)
    database = Database(settings.sql_url)
    try:
        with database.read() as session:
            return read_changes(session, get_job(session, job_id))
    finally:
        database.dispose()


def _words(changes: Changes | None) -> str:
    if changes is None:
        return "The job has no report yet."
    if not changes.any:
        return f"Nothing was decided since report {changes.number}."
    least = "More than " if changes.at_least else ""
    if not changes.faces:
        changed = plural(changes.photos, "photo has", "photos have")
        return f"{least}{changed} changed boxes since report {changes.number}."
    decided = plural(changes.faces, "face was", "faces were")
    return f"{least}{decided} decided since report {changes.number}."
