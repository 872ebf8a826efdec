"""A schedule that waits for photos in a folder, and what came of its photos."""

from collections import Counter
from pathlib import Path

from sqlalchemy import select

from core.database import Database
from core.jobs.kinds import JobRequest
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.schedules.store import Timing, add_schedule
from core.schedules.watching.options import WatchOptions
from models import JobPhoto

#: Photos settle within half a second, so that tests are quick.
QUICK = WatchOptions(settle_seconds=0.5, gather_seconds=2)


def add_watching(db: Database, folder: Path, options: WatchOptions = QUICK, **job: object) -> int:
    """A schedule that watches the folder."""
    request = JobRequest(
        kind=PREDICT.name,
        options=PredictOptions(folder=str(folder), **job).to_json(),
        title="Arrivals",
        account_id=None,
    )
    with db.write() as session:
        return add_schedule(session, request, Timing(watch=options)).id


def taken(db: Database) -> Counter[str]:
    """How many jobs have each file, by its path below the folder."""
    with db.read() as session:
        return Counter(session.scalars(select(JobPhoto.name)))
