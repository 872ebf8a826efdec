"""Memory of each part of the service over many small jobs: python -m benchmarks.memory --minutes 60

Starts the whole service on a scratch folder and submits one job of new photos after the other; a browser
opens the pages of each. Prints what each part holds after the first quarter and at the end, and the slope in
between.
"""

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.camera_photos import make_photos
from benchmarks.load_browser import Browser
from benchmarks.load_service import Service, request_job, running_service
from core.predict.options import PredictOptions
from models import Job, JobState

#: Parts by a word of their command.
_PARTS = {
    "web": "web.server",
    "worker": "celery",
    "tick": "workers.tick",
    "live": "workers.live",
    "watcher": "workers.watching",
    "broker": "valkey",
}
_ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)
_PATIENCE_SECONDS = 300.0
#: What is loaded, cached and pooled once belongs to the start.
_WARM = 0.25


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Bytes of a part that no other process shares, at a time in hours."""

    hours: float
    bytes: int


def main() -> int:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--photos", type=int, default=5, help="of each job")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two jobs")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--port", type=int, default=8977)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_service(Path(scratch), port=given.port, workers=given.workers) as service,
    ):
        jobs, samples = _run_jobs(service, Path(scratch), given)
    for line in table(jobs, samples, given.minutes):
        print(line)
    return 0


def _run_jobs(
    service: Service, scratch: Path, given: argparse.Namespace
) -> tuple[int, Mapping[str, list[Sample]]]:
    """How many jobs ended, and the samples of each part, one after each job."""
    samples, jobs, began = defaultdict(list), 0, time.monotonic()
    browser = Browser(service.new_link(), ["1"], 0)
    while (hours := (time.monotonic() - began) / 3600) < given.minutes / 60:
        job_id = request_job(
            service, PredictOptions(folder=str(make_photos(scratch / f"{jobs}", given.photos, jobs)))
        )
        _wait_for(service, job_id)
        for path in ("/", f"/jobs/{job_id}", f"/jobs/{job_id}/results", "/library"):
            browser.get_page(path)
        jobs += 1
        for part, size in _sizes(service).items():
            samples[part].append(Sample(hours=hours, bytes=size))
        time.sleep(given.pause)
    return jobs, samples


def _wait_for(service: Service, job_id: int) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < until:
        with service.database.read() as session:
            state = session.get_one(Job, job_id).state
        if state in _ENDED:
            if state is not JobState.DONE:
                raise SystemExit(f"job {job_id} is {state.value}")
            return
        time.sleep(0.2)
    raise SystemExit(f"job {job_id} did not end within {_PATIENCE_SECONDS:g} s")


def _sizes(service: Service) -> dict[str, int]:
    """Bytes of each part with its children; a process that ends meanwhile has none."""
    launcher = service.web.parent()
    sizes: dict[str, int] = defaultdict(int)
    for process in launcher.children() if launcher is not None else []:
        command = " ".join(process.cmdline())
        part = next((name for name, word in _PARTS.items() if word in command), None)
        if part is None:
            continue
        for each in (process, *process.children(recursive=True)):
            try:
                sizes[part] += each.memory_full_info().uss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
    return sizes


def slope(samples: list[Sample]) -> float:
    """Bytes an hour: the least-squares line through the samples."""
    hours = np.array([sample.hours for sample in samples])
    return float(np.polyfit(hours, [sample.bytes for sample in samples], 1)[0])


def table(jobs: int, samples: Mapping[str, list[Sample]], minutes: float) -> Iterator[str]:
    """A row for each part."""
    yield f"{jobs:,} jobs in {minutes:g} minutes, load {psutil.getloadavg()[0]:.1f}"
    yield ""
    yield "| part | MiB after a quarter | at the end | slope, MiB an hour |"
    yield "|---|---|---|---|"
    for part, seen in sorted(samples.items()):
        warm = seen[int(len(seen) * _WARM) :]
        if len(warm) < 2:
            continue
        first, last = warm[0].bytes / 2**20, warm[-1].bytes / 2**20
        yield f"| {part} | {first:.1f} | {last:.1f} | {slope(warm) / 2**20:+.1f} |"


if __name__ == "__main__":
    sys.exit(main())
