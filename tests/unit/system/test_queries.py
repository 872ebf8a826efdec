"""Who works on what, what waits, and the database itself: on SQLite and on PostgreSQL."""

from datetime import timedelta

from sqlalchemy import update

from core.database import Database, read_clock
from core.jobs.claim import claim_batch
from core.jobs.kinds import Runner, stage_names
from core.system.queries import list_claims, read_database, read_queue
from models import Batch, Job, JobState
from tests.rows import add_predict_job, add_version

_KINDS = stage_names(Runner.WORKER)


def _claim(db: Database, worker: str) -> int:
    with db.write() as session:
        claim = claim_batch(session, worker=worker, lease_seconds=60, kinds=_KINDS)
        assert claim is not None
        return claim.batch_id


def test_claims_say_who_does_what_since_when(db: Database) -> None:
    add_version(db)
    job_id = add_predict_job(db, photos=25, batch_photos=10)
    _claim(db, "one:1")
    gone = _claim(db, "two:2")
    with db.write() as session:
        past = read_clock(session) - timedelta(seconds=5)
        session.execute(update(Batch).where(Batch.id == gone).values(lease_until=past, claimed_at=past))
    with db.read() as session:
        claims = list_claims(session)
    assert [(claim.worker, claim.job_id, claim.photos, claim.is_live) for claim in claims] == [
        ("two:2", job_id, 10, False),
        ("one:1", job_id, 10, True),
    ]
    assert {(claim.activity, claim.job_title, claim.attempts) for claim in claims} == {
        ("Reading photos", "test", 1)
    }


def test_the_queue_counts_what_can_be_claimed(db: Database) -> None:
    add_version(db)
    with db.read() as session:
        empty = read_queue(session)
    assert (empty.jobs, empty.batches, empty.oldest, empty.last_claim) == (0, 0, None, None)
    first, second = (add_predict_job(db, photos=30, batch_photos=10) for _ in range(2))
    with db.write() as session:
        old = read_clock(session) - timedelta(hours=2)
        later = read_clock(session) + timedelta(hours=2)
        batches = update(Batch).where(Batch.job_id == first)
        session.execute(batches.where(Batch.sequence == 0).values(not_before=old))
        session.execute(batches.where(Batch.sequence == 20).values(not_before=later))
        session.get_one(Job, second).state = JobState.PAUSED
    with db.read() as session:
        queue = read_queue(session)
        assert (queue.jobs, queue.batches) == (1, 2)
        assert queue.oldest is not None and abs((queue.oldest - old).total_seconds()) < 1
    _claim(db, "one:1")
    with db.read() as session:
        assert read_queue(session).last_claim is not None


def test_the_database_tells_kind_version_and_size(db: Database) -> None:
    with db.read() as session:
        state = read_database(db, session)
    assert state.kind == ("SQLite" if db.is_sqlite else "PostgreSQL")
    assert state.bytes > 10_000
    assert state.schema_version is None or state.schema_version.isdigit()
