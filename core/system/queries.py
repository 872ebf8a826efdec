"""Who works on what, what waits, and the database itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, inspect, select, text
from sqlalchemy.orm import Session

from core.database import Database, read_clock
from core.jobs.claim import CLAIMABLE_JOB_STATES
from core.jobs.kinds import Runner, get_stage
from core.jobs.progress import read_health
from core.settings import Settings
from core.system.health import Beat, Check, check_leases
from models import Batch, BatchState, Heartbeat, Job, ServicePart

#: More waiting batches than this are shown as "or more".
MOST_COUNTED = 100_000
_MOST_CLAIMS = 200


@dataclass(frozen=True, kw_only=True)
class ClaimInForce:
    """A batch that a worker holds."""

    worker: str
    job_id: int
    job_title: str
    #: What the stage does, such as "Reading photos".
    activity: str
    #: Photos of the batch; None for a batch that is not about photos.
    photos: int | None
    attempts: int
    claimed_at: datetime
    #: False where the lease has run out: the worker is gone, and the tick gives the batch to another.
    is_live: bool


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What waits for a worker."""

    jobs: int
    #: At most MOST_COUNTED.
    batches: int
    #: Since when the longest waiting batch could be claimed; None where none can.
    oldest: datetime | None
    #: When a worker last claimed a batch; None before the first.
    last_claim: datetime | None


@dataclass(frozen=True, kw_only=True)
class DatabaseState:
    """The database."""

    kind: str
    #: Its address without the password.
    address: str
    #: The newest migration; None where tables were made without migrations.
    schema_version: str | None
    bytes: int


def list_claims(session: Session) -> list[ClaimInForce]:
    """The batches that workers hold, longest held first; at most 200."""
    now = read_clock(session)
    query = (
        select(Batch, Job.title)
        .join(Job, Job.id == Batch.job_id)
        .where(Batch.state == BatchState.LEASED)
        .order_by(Batch.claimed_at, Batch.id)
        .limit(_MOST_CLAIMS)
    )
    return [_claim(batch, title, now) for batch, title in session.execute(query)]


def _claim(batch: Batch, title: str, now: datetime) -> ClaimInForce:
    first, last = batch.first_position, batch.last_position
    return ClaimInForce(
        worker=batch.worker or "unknown",
        job_id=batch.job_id,
        job_title=title,
        activity=get_stage(batch.kind).activity,
        photos=None if first is None or last is None else last - first + 1,
        attempts=batch.attempts,
        claimed_at=batch.claimed_at or now,
        is_live=batch.lease_until is not None and batch.lease_until > now,
    )


def list_beats(session: Session) -> list[Beat]:
    """The last signs of life of all processes, by part."""
    now = read_clock(session)
    return [
        Beat(part=row.part, host=row.host, pid=row.pid, seconds_ago=(now - row.beat_at).total_seconds())
        for row in session.scalars(select(Heartbeat).order_by(Heartbeat.part, Heartbeat.id))
    ]


def count_unreturned(session: Session, *, since_seconds: float) -> int:
    """Batches whose lease ran out before so many seconds and which the tick has not returned."""
    before = read_clock(session) - timedelta(seconds=since_seconds)
    query = select(func.count()).where(Batch.state == BatchState.LEASED, Batch.lease_until < before)
    return session.scalars(query.select_from(Batch)).one()


def check_moves(session: Session, settings: Settings, part: ServicePart) -> Check:
    """Whether what this part is there for is done: claimable work is claimed, ended leases are returned."""
    match part:
        case ServicePart.WORKER | ServicePart.TRAINER:
            runner = Runner.WORKER if part is ServicePart.WORKER else Runner.TRAINER
            work = read_health(session, settings, runner)
            return Check(ok=work.ok, sentence=work.sentence)
        case ServicePart.TICK:
            return check_leases(count_unreturned(session, since_seconds=settings.stall_seconds))
        case _:
            return Check(ok=True, sentence="It gives signs of life.")


def read_queue(session: Session) -> Queue:
    """What waits, by the index of each open job; batches that are postponed do not count."""
    ready = (
        select(Batch.job_id, Batch.not_before)
        .join(Job, Job.id == Batch.job_id)
        .where(
            Job.state.in_(CLAIMABLE_JOB_STATES),
            Batch.state == BatchState.WAITING,
            Batch.not_before <= read_clock(session),
        )
        .limit(MOST_COUNTED)
        .subquery()
    )
    jobs, batches, oldest = session.execute(
        select(
            func.count(ready.c.job_id.distinct()),
            func.count(),
            func.min(ready.c.not_before, type_=Batch.not_before.type),
        )
    ).one()
    last = session.scalars(select(func.max(Job.last_claim_at, type_=Job.last_claim_at.type))).one()
    return Queue(jobs=jobs, batches=batches, oldest=oldest, last_claim=last)


def read_database(database: Database, session: Session) -> DatabaseState:
    """Kind, address, schema version and size."""
    return DatabaseState(
        kind="SQLite" if database.is_sqlite else "PostgreSQL",
        address=database.engine.url.render_as_string(hide_password=True),
        schema_version=read_schema_version(session),
        bytes=_size(database, session),
    )


def read_schema_version(session: Session) -> str | None:
    """The newest migration; None where tables were made without migrations."""
    if not inspect(session.connection()).has_table("alembic_version"):
        return None
    return session.scalars(text("SELECT version_num FROM alembic_version")).first()


def _size(database: Database, session: Session) -> int:
    if database.path is None:
        return session.scalars(select(func.pg_database_size(func.current_database()))).one()
    # The file, its write-ahead log and the log's index.
    files = (database.path.with_name(database.path.name + end) for end in ("", "-wal", "-shm"))
    return sum(file.stat().st_size for file in files if file.exists())
