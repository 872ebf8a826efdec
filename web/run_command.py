"""`maskloop run`: runs a predict job from the command line."""

import logging
import shutil
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from sqlalchemy.orm import Session

from core.accounts import ensure_owner
from core.database import Database
from core.datasets.importing.queries import count_failed_photos
from core.errors import InputError, PermanentError
from core.jobs.actions import cancel_job
from core.jobs.finish import fail_job
from core.jobs.outcome import outcome_of
from core.jobs.queries import get_job
from core.jobs.tick import check_disk, return_expired
from core.labels.final_label import FinalLabel
from core.library.files.skipping import SkippedNames
from core.logs import set_up_logs
from core.number_text import decimal, number, plural
from core.predict.final_counts import read_final_sums
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.results.reports.queries import read_newest_reports, stored_report
from core.settings import Settings
from models import Job, JobState, ReportFormat
from workers.drain import Drain
from workers.setup import prepare

_POLL_SECONDS = 0.1
_WORDS = {FinalLabel.INCORRECT: "mask worn incorrectly"}
_ENDED = (JobState.DONE, JobState.CANCELLED, JobState.FAILED)


def run_folder(settings: Settings, options: PredictOptions, *, out: Path | None, quiet: bool) -> int:
    """Run a predict job to its end and print a summary; returns the exit status."""
    allowed = allow_folder(settings, options.folder)

    def request(session: Session, account_id: int) -> Job:
        return request_predict(session, options, account_id=account_id, roots=allowed.roots)

    with run_job(allowed, request, quiet=quiet) as (db, job):
        Console().print(_table(db, job))
        print_skipped(job)
        warn_outside(settings, options.folder, quiet=quiet)
        print(copy_reports(db, allowed, job, out))
        return exit_status(job)


def exit_status(job: Job) -> int:
    """The exit status of a command whose job is done; prints why nothing came of it."""
    outcome = outcome_of(job)
    if outcome.bad:
        Console(stderr=True).print(outcome.sentence, style="red", markup=False)
    return 1 if outcome.bad or job.photos_failed else 0


def allow_folder(settings: Settings, folder: str | None) -> Settings:
    """Settings that also allow this folder: a command may read what its user may read."""
    return settings.with_changes(allowed_roots=f"{settings.allowed_roots}:{folder}")


def warn_outside(settings: Settings, folder: str | None, *, quiet: bool) -> None:
    """Warn if the folder is outside the roots that the service may read."""
    if folder is None or any(Path(folder).is_relative_to(root) for root in settings.roots):
        return
    warning = f"{folder} is not below MASKLOOP_ALLOWED_ROOTS: pages and trainings will not read its photos."
    Console(stderr=True, quiet=quiet).print(warning, style="yellow", soft_wrap=True, markup=False)


@contextmanager
def run_job(
    settings: Settings, request: Callable[[Session, int], Job], *, quiet: bool
) -> Iterator[tuple[Database, Job]]:
    """Request a job and run it to its end.

    A failed job raises PermanentError; a cancelled one exits the process with status 130.
    """
    console = Console(stderr=True, quiet=quiet)
    set_up_logs(settings, level=logging.ERROR)
    prepare(settings, say=console.print)
    db = Database(settings.sql_url)
    with db.write() as session:
        job_id = request(session, ensure_owner(session).id).id
    job = _finish(db, settings, job_id, console)
    if job.state is JobState.FAILED:
        raise PermanentError(job.error_code or "job_failed", job.error_message or "The job failed.")
    if job.state is JobState.CANCELLED:
        console.print(f"Cancelled after {plural(job.photos_done, 'photo')}.")
        sys.exit(130)
    yield db, job
    db.dispose()


def _finish(db: Database, settings: Settings, job_id: int, console: Console) -> Job:
    stopped = threading.Event()
    # A flag, since an exception could be swallowed by a library's callback.
    before = signal.signal(signal.SIGINT, lambda *_: stopped.set())
    try:
        with Drain(settings, job_id) as drain, _bar(console) as bar:
            return _follow(db, settings, job_id, drain, bar, stopped)
    finally:
        signal.signal(signal.SIGINT, before)


def _follow(
    db: Database, settings: Settings, job_id: int, drain: Drain, bar: Progress, stopped: threading.Event
) -> Job:
    line = bar.add_task("Reading photos", total=None, rate="")
    began, ticked = time.monotonic(), time.monotonic()
    while True:
        with db.read() as session:
            job = get_job(session, job_id)
        done = job.photos_done + job.photos_failed
        rate = f"{decimal(done / max(time.monotonic() - began, 0.1))} photos/s" if done else ""
        bar.update(line, completed=done, total=job.photos_found if job.listed else None, rate=rate)
        if job.state in _ENDED:
            return job
        if stopped.wait(_POLL_SECONDS):
            return _cancel(db, job_id)
        if job.photos_found > settings.batch_photos or drain.stuck.is_set():
            drain.add_processes()
        if time.monotonic() - ticked > settings.tick_seconds:
            ticked = time.monotonic()
            _tick(db, settings, job_id)


def _cancel(db: Database, job_id: int) -> Job:
    """Cancel the job; returns it unchanged if it has just ended."""
    try:
        with db.write() as session:
            return cancel_job(session, job_id)
    except InputError:
        with db.read() as session:
            return get_job(session, job_id)


def _tick(db: Database, settings: Settings, job_id: int) -> None:
    full = check_disk(settings)
    with db.write() as session:
        return_expired(session, max_attempts=settings.max_attempts)
        if full is not None:
            fail_job(session, job_id, full)


def _bar(console: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
    )


def _table(db: Database, job: Job) -> Table:
    with db.read() as session:
        failed = count_failed_photos(session, job.id)
        sums = read_final_sums(session, [job])[job.id]
    table = Table("", "faces", title=f"{plural(job.photos_done, 'photo')} read")
    table.columns[1].justify = "right"
    for label, count in sums.shown:
        table.add_row(_WORDS.get(label, label.words), number(count))
    table.add_section()
    table.add_row("no face", plural(sums.photos_without_face, "photo"))
    table.add_row("could not be read", plural(job.photos_failed, "photo"))
    for code, count in failed.items():
        table.add_row(f"  {code}", plural(count, "photo"))
    return table


def print_skipped(job: Job) -> None:
    """Print what the listing skipped, one line a reason."""
    for line in SkippedNames.from_json(job.files_skipped or {}).sentences():
        print(line)


def copy_reports(db: Database, settings: Settings, job: Job, out: Path | None) -> Path:
    """Copy the report files to `out` if given; returns the path of the HTML report."""
    with db.read() as session:
        newest = read_newest_reports(session, job.id).values()
    paths = {Path(report.path).name: stored_report(report, settings) for report in newest if report.path}
    if out is not None:
        try:
            paths = {name: Path(shutil.copy2(path, out / name)) for name, path in paths.items()}
        except OSError as error:
            places = ", ".join(sorted({str(path.parent) for path in paths.values()}))
            message = f"The reports cannot be copied to {out}: {error.strerror}. They are in {places}."
            raise PermanentError("reports_not_copied", message) from error
    return paths[ReportFormat.HTML.value]
