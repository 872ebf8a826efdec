"""Wait for a job: progress on a terminal, lines elsewhere, and its work where nobody else does it."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from core.number_text import decimal, number, plural
from web.commands.connection import Answer, Service
from web.commands.exit_status import NOT_FOUND, STOPPED, ServiceError, status_of_job
from web.commands.output import Output

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

ENDED = ("done", "failed", "cancelled")
#: Seconds between two readings: in this process they cost little.
_LOCAL_PAUSE, _REMOTE_PAUSE = 0.1, 1.0


def follow(
    service: Service, job_id: int, output: Output, *, quiet: bool = False, cancels: bool = False
) -> Answer:
    """Wait until a job has ended; returns it as it then stands.

    Ctrl-C cancels the job if `cancels`, else raises KeyboardInterrupt and leaves it.
    """
    from web.commands.local_work import work_on

    job = service.read(f"/jobs/{job_id}")
    if job["state"] in ENDED:
        return job
    pause = _REMOTE_PAUSE if service.local is None else _LOCAL_PAUSE
    with _interrupt_sets() as stopped, work_on(service.local, job) as work, _shown(output, quiet) as shown:
        while job["state"] not in ENDED:
            shown.show(job)
            work.look(job)
            if stopped.wait(pause):
                if not cancels:
                    raise KeyboardInterrupt
                return _cancel(service, job_id)
            job = service.read(f"/jobs/{job_id}")
        shown.show(job)
    return job


def end(service: Service, job: Answer, output: Output) -> int:
    """Say how a job has ended; returns the exit status. Raises ServiceError for a failed job."""
    if job["state"] == "failed":
        raise ServiceError(job["error_code"] or "job_failed", job["error_message"] or "The job failed.")
    status = status_of_job(job)
    if status == STOPPED:
        output.note(f"Cancelled after {plural(job['photos']['done'], 'photo')}.")
    elif "," in job["outcome"]:
        reason = job["outcome"].rpartition(", ")[2]
        output.note(f"{reason[:1].upper()}{reason[1:]}.")
    return status


def _cancel(service: Service, job_id: int) -> Answer:
    """Cancel the job; returns it unchanged if it has just ended."""
    try:
        return service.send("POST", f"/jobs/{job_id}/cancel")
    except ServiceError as error:
        if error.exit_status == NOT_FOUND:
            raise
        return service.read(f"/jobs/{job_id}")


@contextmanager
def _interrupt_sets() -> Iterator[threading.Event]:
    """An event that Ctrl-C sets: as an exception it could be swallowed by a library's callback."""
    stopped = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stopped
        return
    before = signal.signal(signal.SIGINT, lambda *_: stopped.set())
    try:
        yield stopped
    finally:
        signal.signal(signal.SIGINT, before)


class _Lines:
    """A line on standard error for each new stage, state and tenth of the photos."""

    def __init__(self, console: "Console") -> None:
        self._console, self._last = console, ""

    def show(self, job: Answer) -> None:
        """Print how far the job is, if that is new."""
        line = _line(job)
        if line != self._last:
            self._last = line
            self._console.print(line, markup=False, soft_wrap=True)


class _Bar:
    """A progress bar on a terminal."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def show(self, job: Answer) -> None:
        """Move the bar."""
        progress = job.get("progress") or {}
        if self._task is None:
            self._task = self._progress.add_task("", total=1.0, details="")
        fraction = progress.get("fraction")
        self._progress.update(
            self._task,
            description=progress.get("stalled") or _activity(job),
            total=None if fraction is None else 1.0,
            completed=fraction or 0.0,
            details=_details(job, progress),
        )


@contextmanager
def _shown(output: Output, quiet: bool) -> Iterator[Any]:
    console = output.console(quiet=quiet)
    if quiet or not console.is_terminal:
        yield _Lines(console)
        return
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[details]}", markup=False),
        console=console,
        transient=True,
    ) as progress:
        yield _Bar(progress)


def _details(job: Answer, progress: Answer) -> str:
    """Such as "120 of 400 photos, 12 photos/s, 0:23 left"."""
    photos, rate, left = job["photos"], progress.get("photos_per_second"), progress.get("seconds_left")
    done = photos["done"] + photos["failed"]
    parts = []
    if photos["found"]:
        parts.append(
            f"{number(done)} of {plural(photos['found'], 'photo')}" if job["listed"] else number(done)
        )
    if rate:
        parts.append(f"{decimal(rate)} photos/s")
    if left:
        parts.append(f"{int(left) // 60}:{int(left) % 60:02} left")
    return ", ".join(parts)


def _line(job: Answer) -> str:
    photos = job["photos"]
    done, found = photos["done"] + photos["failed"], photos["found"]
    if not job["listed"] or not found:
        return f"Job {job['id']}: {_activity(job)}"
    tenth = max(found // 10, 1)
    shown = found if done >= found else done // tenth * tenth
    return f"Job {job['id']}: {_activity(job)}, {number(shown)} of {plural(found, 'photo')}"


def _activity(job: Answer) -> str:
    """What the job does now, such as "Reading photos"; its state where it does nothing."""
    progress = job.get("progress") or {}
    words: str = progress.get("activity") or progress.get("stage") or ""
    return words if words and job["state"] == "running" else job["outcome"]
