"""Fifty browsers beside four running jobs and a zip of annotated photos: python -m benchmarks.load

Starts the whole service on a scratch folder. Times with and without browsers alternate, so that both have the
same machine. Prints the time of each kind of request, the rate of the jobs, and what the web process takes.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from sqlalchemy import func, select

from benchmarks.camera_photos import make_photos
from benchmarks.load_browser import Browser, Visits, read_visits
from core.accounts import new_sign_in_link
from core.database import Database
from core.errors import InputError
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.results.reports.request import request_report
from core.settings import Settings
from models import Account, Job, JobState, ReportFormat
from workers.broker import wake

#: Jobs that run all the while.
_JOBS = 4
_START_SECONDS = 180
#: Photos of the job whose zip is written all the while.
_ZIP_PHOTOS = 200
#: How often each page is asked for to know its CPU time.
_ASKED = 40


@dataclass(frozen=True, kw_only=True)
class Service:
    """The service under load."""

    settings: Settings
    database: Database
    web: psutil.Process

    def new_link(self) -> str:
        """An address that signs one browser in."""
        with self.database.write() as session:
            return f"http://127.0.0.1:{self.settings.port}/sign-in/{new_sign_in_link(session)}"

    def photos_read(self) -> int:
        """Photos that all jobs are through with."""
        with self.database.read() as session:
            return session.scalars(select(func.sum(Job.photos_done + Job.photos_failed))).one() or 0

    def web_seconds(self) -> float:
        """CPU time of the web server so far."""
        times = [one.cpu_times() for one in (self.web, *self.web.children(recursive=True))]
        return sum(spent.user + spent.system for spent in times)

    def web_memory(self) -> int:
        """Resident bytes of the web server."""
        return sum(one.memory_info().rss for one in (self.web, *self.web.children(recursive=True)))


@dataclass
class Measured:
    """What was measured in the times of one kind."""

    rates: list[float] = field(default_factory=list)
    web_seconds: float = 0.0
    memory: int = 0
    visits: list[Visits] = field(default_factory=list)


def main() -> int:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browsers", type=int, default=50)
    parser.add_argument("--pairs", type=int, default=3, help="times without and with browsers")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each time")
    parser.add_argument("--photos", type=int, default=2000, help="of each job")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=8978)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_service(Path(scratch), port=given.port, workers=given.workers) as service,
    ):
        jobs = _start_jobs(service, Path(scratch), given.photos)
        alone, beside = Measured(), Measured()
        with _browsers(service, jobs, given.browsers) as drive:
            for _ in range(given.pairs):
                _measure(service, alone, jobs[0], given.seconds, None)
                _measure(service, beside, jobs[0], given.seconds, drive)
        if any(_is_done(service, job_id) for job_id in jobs[1:]):
            print("A job ended before the last time did, so the rates are wrong: give more --photos.")
        for line in (*_table(alone, beside, given), "", "| page | CPU ms |", "|---|---|"):
            print(line)
        for line in _processor_of_pages(service, jobs[0]):
            print(line)
    return 0


@contextmanager
def running_service(scratch: Path, *, port: int, workers: int) -> Iterator[Service]:
    """The whole service on a scratch folder, below which it may read photos."""
    settings = Settings(
        data=scratch / "data",
        port=port,
        workers=workers,
        allowed_roots=str(scratch),
        min_free_bytes=0,
    )
    settings.data.mkdir(mode=0o700)
    settings.weights.symlink_to(Settings.from_env().weights)
    command = [sys.executable, "-m", "web.cli", "serve"]
    log = scratch / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(command, env=settings.to_child_env(), stdout=output, stderr=output) as launcher,
    ):
        deadline = time.monotonic() + _START_SECONDS
        while b"is ready" not in log.read_bytes():
            if time.monotonic() > deadline or launcher.poll() is not None:
                raise SystemExit(f"the service did not start: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        parts = psutil.Process(launcher.pid).children()
        web = next(part for part in parts if "web.server" in " ".join(part.cmdline()))
        database = Database(settings.sql_url)
        yield Service(settings=settings, database=database, web=web)
        database.dispose()
        launcher.terminate()


def _start_jobs(service: Service, scratch: Path, photos: int) -> list[int]:
    """A small job that is done, for its zip, and the running ones."""
    with ProcessPoolExecutor() as makers:
        counts = [_ZIP_PHOTOS, *([photos] * _JOBS)]
        made = [makers.submit(make_photos, scratch / f"{seed}", n, seed) for seed, n in enumerate(counts)]
        first, *folders = [each.result() for each in made]
    small = request_job(service, PredictOptions(folder=str(first)))
    while not _is_done(service, small):
        time.sleep(0.2)
    return [small, *(request_job(service, PredictOptions(folder=str(folder))) for folder in folders)]


def request_job(service: Service, options: PredictOptions) -> int:
    """Have photos predicted; the job's id."""
    with service.database.write() as session:
        owner = session.scalars(select(Account.id)).first()
        job = request_predict(session, options, account_id=owner, roots=service.settings.roots)
        job_id = job.id
    wake(service.settings)
    return job_id


def _is_done(service: Service, job_id: int) -> bool:
    with service.database.read() as session:
        return session.get_one(Job, job_id).state is JobState.DONE


def _measure(
    service: Service, measured: Measured, zip_job: int, seconds: float, drive: "subprocess.Popen[str] | None"
) -> None:
    """Add one time: the rate of the jobs, and what the browsers of `drive` saw."""
    if drive is not None:
        _say(drive, f"{seconds}\n")
    photos, processor, began = service.photos_read(), service.web_seconds(), time.monotonic()
    while time.monotonic() - began < seconds:
        _keep_zip_going(service, zip_job)
        measured.memory = max(measured.memory, service.web_memory())
        time.sleep(0.5)
    duration = time.monotonic() - began
    measured.rates.append((service.photos_read() - photos) / duration)
    measured.web_seconds += service.web_seconds() - processor
    if drive is not None:
        measured.visits.append(read_visits(_hear(drive)))


@contextmanager
def _browsers(service: Service, jobs: Sequence[int], count: int) -> Iterator["subprocess.Popen[str]"]:
    """Browsers in a process of their own, which have opened every page once."""
    links = "\n".join(service.new_link() for _ in range(count))
    command = [sys.executable, "-m", "benchmarks.load_browser", *(str(job) for job in jobs)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as drive:
        _say(drive, f"{links}\n\n")
        _hear(drive)
        yield drive


def _say(drive: "subprocess.Popen[str]", text: str) -> None:
    assert drive.stdin
    drive.stdin.write(text)
    drive.stdin.flush()


def _hear(drive: "subprocess.Popen[str]") -> str:
    assert drive.stdout
    return drive.stdout.readline()


def _processor_of_pages(service: Service, job_id: int) -> Iterator[str]:
    """Rows: milliseconds of CPU that the web server takes for each page."""
    browser = Browser(service.new_link(), [str(job_id)], 0)
    pages = (("jobs", "/", False), ("jobs, polled by many", "/", True), ("job", f"/jobs/{job_id}", False),
             ("photos of a job", f"/jobs/{job_id}/results", False), ("library", "/library", False),
             ("new job", "/jobs/new", False))  # fmt: skip
    for name, path, live in pages:
        before = service.web_seconds()
        for _ in range(_ASKED):
            browser.get_page(path, live=live)
        yield f"| {name} | {1000 * (service.web_seconds() - before) / _ASKED:.1f} |"


def _keep_zip_going(service: Service, job_id: int) -> None:
    try:
        with service.database.write() as session:
            request_report(session, job_id, ReportFormat.ANNOTATED_ZIP)
    except InputError:
        # It is being written.
        return
    wake(service.settings)


def _table(alone: Measured, beside: Measured, given: argparse.Namespace) -> Iterator[str]:
    total = given.pairs * given.seconds
    visits = Visits.merged(beside.visits)
    yield f"{given.browsers} browsers, {_JOBS} jobs and a zip, {psutil.cpu_count()} cores, {total:g} s each"
    yield ""
    yield "| request | count | p50 ms | p95 ms | p99 ms | errors |"
    yield "|---|---|---|---|---|---|"
    for name, times in sorted(visits.times.items()):
        yield (
            f"| {name} | {len(times):,} | {part_of(times, 0.5):.0f} | {part_of(times, 0.95):.0f} "
            f"| {part_of(times, 0.99):.0f} | {visits.errors.get(name, 0)} |"
        )
    yield ""
    yield "| | without browsers | with |"
    yield "|---|---|---|"
    rates = [sum(measured.rates) / len(measured.rates) for measured in (alone, beside)]
    yield f"| photos/s of the jobs | {rates[0]:.1f} | {rates[1]:.1f} ({rates[1] / rates[0]:.0%}) |"
    cpu = [measured.web_seconds / total for measured in (alone, beside)]
    yield f"| web server, share of a core | {cpu[0]:.1%} | {cpu[1]:.1%} |"
    memory = [measured.memory / 2**20 for measured in (alone, beside)]
    yield f"| web server, most memory | {memory[0]:.0f} MiB | {memory[1]:.0f} MiB |"
    requests = sum(len(times) for times in visits.times.values())
    yield f"| web server, CPU a request | | {1000 * beside.web_seconds / max(requests, 1):.1f} ms |"
    pairs = ", ".join(f"{b / a:.0%}" for a, b in zip(alone.rates, beside.rates, strict=True))
    yield f"| rate with browsers, pair by pair | | {pairs} |"


def part_of(times: list[float], part: float) -> float:
    """The time in milliseconds below which this part of them is."""
    return 1000 * sorted(times)[min(int(len(times) * part), len(times) - 1)]


if __name__ == "__main__":
    sys.exit(main())
