"""Fifty programs that submit jobs and poll them, beside running jobs: python -m benchmarks.api

Starts the whole service on a scratch folder, with jobs that keep its workers busy. Each program submits a job
of one photo, asks for it again and again until it has ended, and begins anew. Prints what the server took for
each kind of request, by the header Server-Timing, and what the programs waited.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import psutil

from benchmarks.camera_photos import make_photos
from benchmarks.load import part_of
from benchmarks.load_service import Service, request_job, running_service
from core.accounts import ensure_owner
from core.api_tokens import add_token
from core.predict.options import PredictOptions
from models import Job, JobState, Scope

_ENDED = frozenset(state.value for state in (JobState.DONE, JobState.FAILED, JobState.CANCELLED))
#: A program that waits longer for its job submits another one.
_MOST_POLLS = 20


@dataclass
class Seen:
    """What the programs saw, by kind of request."""

    #: Seconds at the server, and from the first byte sent to the last byte read.
    server: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    waited: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    statuses: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, kind: str, status: int, server: float, waited: float) -> None:
        """Add one request."""
        with self.lock:
            self.server[kind].append(server)
            self.waited[kind].append(waited)
            self.statuses[f"{kind} {status}"] += 1


class Program(threading.Thread):
    """Submits a job, polls it until it has ended, and begins anew."""

    def __init__(
        self, port: int, token: str, folder: Path, seen: Seen, stop: threading.Event, pause: float
    ) -> None:
        super().__init__(daemon=True)
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        self._folder, self._seen, self._stop_event, self._pause = str(folder), seen, stop, pause

    def run(self) -> None:
        """Until it is stopped."""
        while not self._stop_event.is_set():
            body = {"kind": "predict", "options": {"folder": self._folder}}
            job = self._ask("submit", "POST", "/api/v1/jobs", body)
            for _ in range(_MOST_POLLS):
                if job is None or job["state"] in _ENDED or self._stop_event.wait(self._pause):
                    break
                job = self._ask("poll", "GET", f"/api/v1/jobs/{job['id']}")

    def _ask(self, kind: str, method: str, address: str, body: dict[str, Any] | None = None) -> Any:
        """The answer as JSON; None where there was none, or an error."""
        began = time.perf_counter()
        try:
            self._connection.request(method, address, json.dumps(body) if body else None, self._headers)
            answer = self._connection.getresponse()
            content = answer.read()
        except (OSError, HTTPException):
            self._connection.close()
            self._seen.note(kind, 0, 0.0, time.perf_counter() - began)
            return None
        timing = answer.headers.get("Server-Timing", "app;dur=0").rpartition("=")[2]
        self._seen.note(kind, answer.status, float(timing) / 1000, time.perf_counter() - began)
        return json.loads(content) if answer.status < 300 else None


def main() -> int:
    """Measure and print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--programs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two polls of a program")
    parser.add_argument("--photos", type=int, default=2000, help="of each of the two jobs beside")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--port", type=int, default=8979)
    given = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as scratch,
        running_service(Path(scratch), port=given.port, workers=given.workers) as service,
    ):
        folders = [make_photos(Path(scratch) / f"{n}", given.photos, n) for n in (1, 2)]
        beside = [request_job(service, PredictOptions(folder=str(folder))) for folder in folders]
        seen = _drive(service, Path(scratch), given)
        with service.database.read() as session:
            ended = any(session.get_one(Job, job).state is not JobState.RUNNING for job in beside)
        for line in _table(seen, given):
            print(line)
        if ended:
            print("A job ended before the programs did, so they ran alone for a while: give more --photos.")
    return 0


def _drive(service: Service, scratch: Path, given: argparse.Namespace) -> Seen:
    one = make_photos(scratch / "one", 1, 9)
    with service.database.write() as session:
        scopes = [Scope.READ, Scope.SUBMIT]
        token = add_token(session, ensure_owner(session), name="benchmark", scopes=scopes, days=1)[1]
    seen, stop = Seen(), threading.Event()
    programs = [Program(given.port, token, one, seen, stop, pause=given.pause) for _ in range(given.programs)]
    for program in programs:
        program.start()
        # Programs do not all begin in the same moment.
        time.sleep(given.pause / given.programs)
    stop.wait(given.seconds)
    stop.set()
    for program in programs:
        program.join(30)
    return seen


def _table(seen: Seen, given: argparse.Namespace) -> Iterator[str]:
    yield (
        f"{given.programs} programs, two jobs beside, {psutil.cpu_count()} cores, load "
        f"{psutil.getloadavg()[0]:.1f}, {given.seconds:g} s"
    )
    yield ""
    yield "| request | count | at the server p50 | p95 | p99 | the program waited p50 | p95 |"
    yield "|---|---|---|---|---|---|---|"
    for kind, server in sorted(seen.server.items()):
        waited = seen.waited[kind]
        parts = [(server, 0.5), (server, 0.95), (server, 0.99), (waited, 0.5), (waited, 0.95)]
        cells = " | ".join(f"{part_of(times, part):.1f} ms" for times, part in parts)
        yield f"| {kind} | {len(server):,} | {cells} |"
    yield ""
    yield "Answers: " + ", ".join(f"{name}: {count:,}" for name, count in sorted(seen.statuses.items()))


if __name__ == "__main__":
    sys.exit(main())
