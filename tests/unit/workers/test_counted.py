"""What workers and the tick did is added to the counters of the service."""

from sqlalchemy import update

from core.database import Database
from core.errors import TransientError
from core.jobs.claim import claim_batch
from core.jobs.finish import finish_batch
from core.predict.job_kind import PREDICT_STAGE
from core.predict.report_stage import REPORT_STAGE
from core.settings import Settings
from core.system.metrics.counts import Counted, Work
from core.system.metrics.queries import read_metrics
from models import Batch, WorkEvent
from tests.rows import add_predict_job
from workers.engine import BatchRun, run_batches
from workers.tick import Sweeps, tick_once


def _counted(db: Database) -> dict[Work, Counted]:
    """The counters, all buckets together."""
    found: dict[Work, Counted] = {}
    with db.read() as session:
        for (name, _), counted in read_metrics(session).work.items():
            found[name] = found.get(name, Counted()) + counted
    return found


def test_attempts_photos_and_retries_are_counted(db: Database, settings: Settings) -> None:
    add_predict_job(db, photos=70, batch_photos=32)
    failed: list[int] = []

    def fail_once(run: BatchRun) -> None:
        if not failed:
            failed.append(run.claim.batch_id)
            raise TransientError("test", "Not yet.")
        with run.db.write() as session:
            finish_batch(session, run.claim)

    def finish(run: BatchRun) -> None:
        with run.db.write() as session:
            finish_batch(session, run.claim)

    handlers = {PREDICT_STAGE.name: fail_once, REPORT_STAGE.name: finish}
    run_batches(db, settings, handlers)
    with db.write() as session:
        # Its pause is over.
        session.execute(update(Batch).values(not_before=Batch.claimed_at))
    run_batches(db, settings, handlers)
    found, stage = _counted(db), PREDICT_STAGE.name
    assert found[stage, WorkEvent.DONE].photos == 70 and found[stage, WorkEvent.DONE].number == 3
    assert found[stage, WorkEvent.FAILED].number == found[stage, WorkEvent.RETRIED].number == 1
    assert found[REPORT_STAGE.name, WorkEvent.DONE].number >= 1


def test_expired_leases_are_counted(db: Database, settings: Settings) -> None:
    settings.data.mkdir()
    add_predict_job(db, photos=2, batch_photos=1)
    for _ in range(2):
        with db.write() as session:
            claim_batch(session, worker="gone:1", lease_seconds=-1, kinds=[PREDICT_STAGE.name])
    quiet = settings.with_changes(broker_url="redis://127.0.0.1:1")
    tick_once(db, quiet, Sweeps())
    tick_once(db, quiet, Sweeps())
    assert _counted(db)["", WorkEvent.EXPIRED].number == 2
