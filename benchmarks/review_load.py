"""Load test of review: twenty reviewers at once on a queue of 100,000 faces.

`python -m benchmarks.review_load [--reviewers N] [--faces N] [--seconds N] [--think N] [--database URL]`
starts the web server on a temporary database, lets reviewers decide over HTTP as the page does, and prints
the times of their requests and the faces that were decided twice.
"""

import argparse
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.review_reviewer import Reviewer
from benchmarks.review_rows import add_queue, add_reviewers
from core.database import Database
from core.settings import Settings
from models import Base, Decision, ReviewQueue


@dataclass(frozen=True, kw_only=True)
class Load:
    """Results of a run."""

    decided: int
    #: Decisions in the database, and (face, person) pairs among them that occur more than once.
    written: int
    twice: int
    #: Seconds per request.
    times: list[float]
    counted: int

    def percentile(self, percent: int) -> float:
        """A percentile of the request times in milliseconds."""
        return 1000 * statistics.quantiles(self.times, n=100)[percent - 1]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reviewers", type=int, default=20)
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=30)
    parser.add_argument("--think", type=float, default=1.0, help="seconds from answer to decision")
    parser.add_argument("--port", type=int, default=8799)
    parser.add_argument("--database", default="", help="SQLAlchemy address of an empty database")
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="maskloop-review-"))
    settings = Settings(data=folder, database_url=given.database, port=given.port, min_free_bytes=0)
    try:
        load = run_load(
            settings, reviewers=given.reviewers, faces=given.faces, seconds=given.seconds, think=given.think
        )
    finally:
        shutil.rmtree(folder)
    print(
        f"{given.reviewers} reviewers, {given.faces:,} faces, {given.seconds:g} s: {load.decided:,} decisions"
    )
    middle, most, nearly_all = (load.percentile(percent) for percent in (50, 95, 99))
    print(f"answer: {middle:.1f} ms at the median, {most:.1f} ms at the 95th percentile, "
          f"{nearly_all:.1f} ms at the 99th")  # fmt: skip
    print(f"written {load.written:,}, counted {load.counted:,}, decided twice by one person: {load.twice}")


def run_load(settings: Settings, *, reviewers: int, faces: int, seconds: float, think: float) -> Load:
    """Fill the database, start the server, and let the reviewers decide for `seconds`."""
    database = Database(settings.sql_url)
    Base.metadata.create_all(database.engine)
    with database.write() as session:
        queue_id = add_queue(session, faces)
        secrets = add_reviewers(session, reviewers)
    server = subprocess.Popen([sys.executable, "-m", "web.server"], env=settings.to_child_env())
    try:
        _wait_until_up(settings.port)
        people = [
            Reviewer(port=settings.port, queue_id=queue_id, secret=secret, think_seconds=think)
            for secret in secrets
        ]
        _decide_for(people, seconds)
        return _count(database, queue_id, people)
    finally:
        server.terminate()
        server.wait(timeout=20)
        database.dispose()


def _wait_until_up(port: int) -> None:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2).close()
            return
        except urllib.error.HTTPError:
            # It answers; no worker runs here, and health says so.
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError("the web server did not start")


def _decide_for(people: list[Reviewer], seconds: float) -> None:
    stop, ready = threading.Event(), threading.Barrier(len(people) + 1)
    threads = [threading.Thread(target=person.run, args=(ready, stop)) for person in people]
    for thread in threads:
        thread.start()
    ready.wait(60)
    stop.wait(seconds)
    stop.set()
    for thread in threads:
        thread.join()


def _count(database: Database, queue_id: int, people: list[Reviewer]) -> Load:
    pairs = (
        select(Decision.face_id)
        .group_by(Decision.face_id, Decision.account_id)
        .having(func.count() > 1)
        .subquery()
    )
    with database.read() as session:
        return Load(
            decided=sum(person.decided for person in people),
            written=session.scalars(select(func.count()).select_from(Decision)).one(),
            twice=session.scalars(select(func.count()).select_from(pairs)).one(),
            times=[seconds for person in people for seconds in person.times],
            counted=session.get_one(ReviewQueue, queue_id).items_decided,
        )


if __name__ == "__main__":
    main()
