"""Fifty browsers beside jobs, reviewers and an export of a million faces: python -m benchmarks.load

Starts the whole service on a scratch folder. Four jobs run, a zip of annotated photos and an export of all
faces are written again and again, and reviewers decide faces all the while. Times with and without browsers
alternate, so that both have the same machine. Prints the time of each kind of request, the rate of the jobs,
and what the web server takes.
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

from benchmarks.camera_photos import make_photos
from benchmarks.load_beside import Reviewers, add_faces, keep_exporting, reviewing
from benchmarks.load_browser import Browser, Visits, read_visits
from benchmarks.load_service import Service, is_done, request_job, running_service
from core.errors import InputError
from core.predict.options import PredictOptions
from core.results.reports.request import request_report
from models import ReportFormat
from workers.broker import wake

#: Jobs that run all the while.
_JOBS = 4
#: Photos of the job whose zip is written all the while.
_ZIP_PHOTOS = 200
_DECISION = "decision of a reviewer"
#: How often each page is asked for to know its CPU time.
_ASKED = 40


@dataclass
class Measured:
    """What was measured in the times of one kind."""

    rates: list[float] = field(default_factory=list)
    web_seconds: float = 0.0
    memory: int = 0
    visits: list[Visits] = field(default_factory=list)
    #: Seconds of each decision of a reviewer.
    decisions: list[float] = field(default_factory=list)
    exports: int = 0


def main() -> int:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--browsers", type=int, default=50)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--think", type=float, default=1.0, help="seconds a face of a reviewer")
    parser.add_argument("--faces", type=int, default=1_000_000, help="of the export; 0 for none")
    parser.add_argument("--pairs", type=int, default=3, help="times without and with browsers")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each time")
    parser.add_argument("--photos", type=int, default=2000, help="of each job")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--web-processes", type=int, default=1)
    parser.add_argument("--database", default="", help="SQLAlchemy address of an empty database")
    parser.add_argument("--port", type=int, default=8978)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_service(
            Path(scratch),
            port=given.port,
            workers=given.workers,
            web_processes=given.web_processes,
            database_url=given.database,
        ) as service,
    ):
        add_faces(service, given.faces)
        jobs = _start_jobs(service, Path(scratch), given.photos)
        alone, beside = Measured(), Measured()
        with (
            reviewing(service, given.reviewers, faces=given.faces, think_seconds=given.think) as crowd,
            _browsers(service, jobs, given.browsers) as drive,
        ):
            for _ in range(given.pairs):
                _measure(service, alone, jobs[0], given, crowd, None)
                _measure(service, beside, jobs[0], given, crowd, drive)
        if any(is_done(service, job_id) for job_id in jobs[1:]):
            print("A job ended before the last time did, so the rates are wrong: give more --photos.")
        for line in (*_table(alone, beside, crowd, given), "", "| page | CPU ms |", "|---|---|"):
            print(line)
        for line in _processor_of_pages(service, jobs[0]):
            print(line)
    return 0


def _start_jobs(service: Service, scratch: Path, photos: int) -> list[int]:
    """A small job that is done, for its zip, and the running ones."""
    with ProcessPoolExecutor() as makers:
        counts = [_ZIP_PHOTOS, *([photos] * _JOBS)]
        made = [makers.submit(make_photos, scratch / f"{seed}", n, seed) for seed, n in enumerate(counts)]
        first, *folders = [each.result() for each in made]
    small = request_job(service, PredictOptions(folder=str(first)))
    while not is_done(service, small):
        time.sleep(0.2)
    return [small, *(request_job(service, PredictOptions(folder=str(folder))) for folder in folders)]


def _measure(
    service: Service,
    measured: Measured,
    zip_job: int,
    given: argparse.Namespace,
    crowd: Reviewers,
    drive: "subprocess.Popen[str] | None",
) -> None:
    """Add one time: the rate of the jobs, and what the browsers of `drive` saw."""
    if drive is not None:
        _say(drive, f"{given.seconds}\n")
    crowd.take_times()
    photos, processor, began = service.photos_read(), service.web_seconds(), time.monotonic()
    while time.monotonic() - began < given.seconds:
        _keep_zip_going(service, zip_job)
        measured.exports += bool(given.faces) and keep_exporting(service)
        measured.memory = max(measured.memory, service.web_memory())
        time.sleep(0.5)
    duration = time.monotonic() - began
    measured.rates.append((service.photos_read() - photos) / duration)
    measured.web_seconds += service.web_seconds() - processor
    measured.decisions += crowd.take_times()
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


def _table(alone: Measured, beside: Measured, crowd: Reviewers, given: argparse.Namespace) -> Iterator[str]:
    total = given.pairs * given.seconds
    visits = Visits.merged(beside.visits)
    if beside.decisions:
        visits.times[_DECISION] = beside.decisions
        visits.errors[_DECISION] = crowd.failed
    begun = alone.exports + beside.exports
    yield (
        f"{given.browsers} browsers, {given.reviewers} reviewers, {_JOBS} jobs, a zip, {begun} exports of "
        f"{given.faces:,} faces, {psutil.cpu_count()} cores, {total:g} s each"
    )
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
