"""`python -m benchmarks.dedup_growth` measures duplicate search in libraries of 10,000 to 1,000,000 photos.

For each size it fills a SQLite library with that many compared photos and 10,000 new ones, half of which are
copies. The GROUP batch of a duplicate job then compares the new ones, in a separate process.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from sqlalchemy import func, insert, select

from benchmarks.dedup_search import random_photos, resident_megabytes
from core.database import Database, read_clock
from core.dedup.job_kind import DedupOptions, request_dedup
from core.settings import Settings
from models import Base, DuplicateGroup, Job, JobState, Photo
from workers.engine import run_batches
from workers.handlers import HANDLERS

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
NEW = 10_000
_ROWS_AT_ONCE = 20_000


def main() -> int:
    """Fill a library, measure and print one row for each size."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dedup_growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(_measure(given.one)))
        return 0
    print(f"| photos in the library | s for {NEW:,} new | memory MB | new groups |")
    print("|---|---|---|---|")
    for size in given.sizes:
        with tempfile.TemporaryDirectory() as folder:
            _fill(Path(folder), size)
            command = [sys.executable, "-m", "benchmarks.dedup_growth", "--one", folder]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            seconds, memory, groups = json.loads(done.stdout.splitlines()[-1])
            print(f"| {size:,} | {seconds:.1f} | {memory:.0f} | {groups:,} |", flush=True)
    return 0


def _settings(folder: Path) -> Settings:
    return Settings(data=folder, broker_url="redis://127.0.0.1:1", min_free_bytes=0)


def _fill(folder: Path, size: int) -> None:
    db = Database(_settings(folder).sql_url)
    Base.metadata.create_all(db.engine)
    photos = random_photos(size + NEW, NEW)
    hashes = np.stack([photos.phash.view(np.int64), photos.dhash.view(np.int64)], axis=1).tolist()
    with db.write() as session:
        now = read_clock(session)
        for start in range(0, len(photos), _ROWS_AT_ONCE):
            part = enumerate(hashes[start : start + _ROWS_AT_ONCE], start)
            rows = [
                {
                    "sha256": f"{at:064x}",
                    "bytes": 100_000 + at % 1000,
                    "width": 960,
                    "height": 640,
                    "format": "JPEG",
                    "phash": phash,
                    "dhash": dhash,
                    "pixel_hash": f"{at:064x}",
                    "compared_at": now if at < size else None,
                    "created_at": now,
                }
                for at, (phash, dhash) in part
            ]
            session.execute(insert(Photo), rows)
        request_dedup(session, DedupOptions(), account_id=None)
    db.dispose()


def _measure(folder: Path) -> tuple[float, float, int]:
    """Seconds, peak memory above that at the start in MB, and number of groups of the whole job."""
    settings = _settings(folder)
    db = Database(settings.sql_url)
    before = resident_megabytes()
    peak, over = [before], threading.Event()
    watch = threading.Thread(target=_watch, args=(peak, over))
    watch.start()
    start = time.perf_counter()
    run_batches(db, settings, HANDLERS)
    seconds = time.perf_counter() - start
    over.set()
    watch.join()
    with db.read() as session:
        job = session.scalars(select(Job)).one()
        if job.state is not JobState.DONE:
            raise SystemExit(f"the job ended as {job.state.value}: {job.error_message}")
        groups = session.scalars(select(func.count(DuplicateGroup.id))).one()
    return seconds, peak[0] - before, groups


def _watch(peak: list[float], over: threading.Event) -> None:
    while not over.wait(0.02):
        peak[0] = max(peak[0], resident_megabytes())


if __name__ == "__main__":
    sys.exit(main())
