"""A job of a million photos: listing, claiming, finishing, reading its page, deleting it; times and memory.

`python -m benchmarks.million [--photos N] [--database URL]` makes a folder of N file names, lists it by the
real listing batch, and times what pages and workers do with the job.
"""

import argparse
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.jobs.actions import cancel_job
from core.jobs.claim import Claim, claim_batch
from core.jobs.deletion import delete_job, purge_slice
from core.jobs.finish import finish_batch
from core.jobs.kinds import Runner, stage_names
from core.jobs.progress import read_health, read_progress
from core.jobs.queries import get_job
from core.jobs.tick import count_claimable, return_expired
from core.predict.job_kind import request_predict
from core.predict.options import PredictOptions
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped
from models import Base
from workers.engine import run_claim
from workers.predict import list_photos

#: File systems allow some tens of thousands of names per file.
_NAMES_A_FILE = 30_000
_NAMES_A_FOLDER = 10_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=1_000_000)
    parser.add_argument("--database", default="", help="SQLAlchemy address of an empty database")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="maskloop-million-"))
    try:
        measure(folder, arguments.photos, arguments.database)
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, photos: int, database: str) -> None:
    """List `photos` names and time the steps of the job."""
    settings = Settings(data=folder / "data", database_url=database, allowed_roots=str(folder))
    settings.data.mkdir()
    _timed(f"make {photos:,} file names", lambda: make_names(folder / "photos", photos))
    db = Database(settings.sql_url)
    Base.metadata.create_all(db.engine)
    with db.write() as session:
        owner = ensure_owner(session)
        register_shipped(session, keep_shipped(version_files(settings)))
        options = PredictOptions(folder=str(folder / "photos"))
        job_id = request_predict(session, options, account_id=owner.id, roots=settings.roots).id
    before = _peak_megabytes()
    _timed("list them", lambda: run_claim(db, settings, list_photos, _claim(db)))
    print(f"memory that listing added: {_peak_megabytes() - before:.0f} MB")
    _repeat("claim a batch", lambda: _claim(db), 200)
    _repeat("claim and finish a batch", lambda: _finish(db, _claim(db)), 200)
    _repeat("progress for the page", lambda: _progress(db, settings, job_id), 200)
    _repeat("health", lambda: _health(db, settings), 200)
    _repeat("tick's queries", lambda: _tick(db), 50)
    _delete(db, job_id)
    before = _peak_megabytes()
    _timed("purge the deleted job", lambda: _purge(db, settings))
    print(f"memory that purging added: {_peak_megabytes() - before:.0f} MB")
    db.dispose()


def make_names(folder: Path, count: int) -> None:
    """Create `count` names of small files in sub-folders."""
    for number in range(count):
        place = folder / f"{number // _NAMES_A_FOLDER:05}"
        if number % _NAMES_A_FOLDER == 0:
            place.mkdir(parents=True)
        if number % _NAMES_A_FILE == 0:
            first = place / f"{number:08}.jpg"
            first.write_bytes(b"not a photo")
        else:
            (place / f"{number:08}.jpg").hardlink_to(first)


def _claim(db: Database) -> Claim:
    with db.write() as session:
        claim = claim_batch(session, worker="benchmark", lease_seconds=600, kinds=stage_names(Runner.WORKER))
    assert claim is not None
    return claim


def _finish(db: Database, claim: Claim) -> None:
    with db.write() as session:
        finish_batch(session, claim)


def _progress(db: Database, settings: Settings, job_id: int) -> None:
    with db.read() as session:
        read_progress(session, get_job(session, job_id), settings)


def _health(db: Database, settings: Settings) -> None:
    with db.read() as session:
        read_health(session, settings)


def _tick(db: Database) -> None:
    with db.write() as session:
        return_expired(session, max_attempts=3)
        count_claimable(session, kinds=stage_names(Runner.WORKER), limit=2)


def _delete(db: Database, job_id: int) -> None:
    """Delete the job, longer ago than a lease lasts."""
    with db.write() as session:
        cancel_job(session, job_id)
        job = delete_job(session, job_id, by="benchmark")
        job.deleted_at = read_clock(session) - timedelta(hours=1)


def _purge(db: Database, settings: Settings) -> None:
    longest, more = 0.0, True
    while more:
        began = time.perf_counter()
        with db.write() as session:
            more = purge_slice(session, settings)
        longest = max(longest, time.perf_counter() - began)
    print(f"longest slice of the purge: {longest * 1000:.0f} ms")


def _timed(what: str, action: Callable[[], None]) -> None:
    began = time.perf_counter()
    action()
    print(f"{what}: {time.perf_counter() - began:.1f} s")


def _repeat(what: str, action: Callable[[], object], times: int) -> None:
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        action()
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    late = taken[int(0.95 * times)]
    print(f"{what}: median {statistics.median(taken):.2f} ms, 95th percentile {late:.2f} ms")


def _peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
