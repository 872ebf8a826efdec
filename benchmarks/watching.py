"""What a watched folder with many photos costs: a look, the first jobs, and a new photo's way to its job.

    python -m benchmarks.watching [PHOTOS]

Makes a folder of so many small files, by default 100,000, and a scratch SQLite database.
"""

import logging
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import structlog
from sqlalchemy import func, select

from benchmarks.servers import make_tables
from core.database import Database, read_clock
from core.jobs.kinds import JobRequest
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.schedules.store import Timing, add_schedule
from core.schedules.watching.look import Look, find_new
from core.schedules.watching.options import WatchOptions
from core.schedules.watching.queries import read_taken
from core.settings import Settings
from models import ClassifierVersion, FolderWatch, Job, JobPhoto
from workers.watching.process import Watcher

_FOLDERS = 100
_NEW = 5
_SETTLE = 3.0


def make_photos(folder: Path, count: int) -> None:
    """Small files in a hundred folders."""
    for part in range(_FOLDERS):
        (folder / f"{part:02}").mkdir(parents=True)
    for number in range(count):
        (folder / f"{number % _FOLDERS:02}" / f"IMG_{number:07}.jpg").write_bytes(b"%d" % number)


def watch(db: Database, folder: Path) -> int:
    """Add the schedule; returns its number."""
    options = PredictOptions(folder=str(folder)).to_json()
    request = JobRequest(kind=PREDICT.name, options=options, title="Inbox", account_id=None)
    with db.write() as session:
        version = ClassifierVersion(
            name="none", sha256="c" * 64, champion=True, card={}, created_at=read_clock(session)
        )
        session.add(version)
        return add_schedule(session, request, Timing(watch=WatchOptions(settle_seconds=_SETTLE))).id


def taken(db: Database) -> int:
    """Photos of all jobs."""
    with db.read() as session:
        return session.scalars(select(func.coalesce(func.sum(Job.photos_found), 0))).one()


def wait_for(db: Database, watcher: Watcher, photos: int) -> float:
    """Seconds until so many photos are taken."""
    began = time.monotonic()
    while taken(db) < photos:
        watcher.turn()
        time.sleep(0.02)
    return time.monotonic() - began


def idle_look(db: Database, folder: Path, schedule_id: int) -> tuple[float, float]:
    """Processor and wall seconds of a look that finds nothing new; it asks the database for every photo."""

    def read(fingerprints: Sequence[bytes]) -> set[bytes]:
        with db.read() as session:
            return read_taken(session, schedule_id, fingerprints)

    began, processor = time.perf_counter(), time.thread_time()
    files = find_new(
        folder, Look(), allowed_roots=[folder], recursive=True, read_taken=read, check=lambda: None
    )
    assert not any(files)
    return time.thread_time() - processor, time.perf_counter() - began


def main(count: int) -> None:
    """Measure and print."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        make_tables(f"sqlite:///{place / 'maskloop.sqlite'}")
        settings = Settings(data=place, allowed_roots=scratch, broker_url="redis://127.0.0.1:1")
        db, folder = Database(settings.sql_url), place / "inbox"
        make_photos(folder, count)
        schedule_id = watch(db, folder)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        watcher = Watcher(db, settings)
        print(f"first {count:,} photos in jobs: {wait_for(db, watcher, count):.1f} s")
        with db.read() as session:
            print(f"jobs: {session.scalars(select(func.count()).select_from(Job)).one()}")
        cpu, wall = idle_look(db, folder, schedule_id)
        print(f"a first look that finds nothing new: {cpu:.2f} s of a processor, {wall:.2f} s")
        with db.read() as session:
            print(f"the watcher's last look: {session.get_one(FolderWatch, schedule_id).look_seconds:.2f} s")
        ways = []
        for number in range(_NEW):
            (folder / "00" / f"new-{number}.jpg").write_bytes(b"new")
            ways.append(wait_for(db, watcher, count + number + 1))
        print(f"a new photo to its job, settle time {_SETTLE:.0f} s: {min(ways):.1f} to {max(ways):.1f} s")
        added = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory
        print(f"memory added at most: {added / 1024:.0f} MB")
        with db.read() as session:
            rows = session.scalars(select(func.count()).select_from(JobPhoto)).one()
        assert rows == count + _NEW, f"{rows} rows for {count + _NEW} photos"
        watcher.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
