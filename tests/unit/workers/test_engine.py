"""What the loop makes of errors, stuck work and a database that is away."""

import errno
import sqlite3
import threading
import time
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import OperationalError

import workers.handlers
import workers.heart
import workers.tasks
from core.database import Database, read_clock
from core.errors import InputError, PermanentError, TransientError
from core.jobs.actions import pause_job
from core.jobs.claim import Claim, claim_batch
from core.jobs.finish import finish_batch
from core.jobs.queries import list_events
from core.jobs.tick import return_expired
from core.predict.job_kind import PREDICT_STAGE
from core.predict.report_stage import REPORT_STAGE
from core.settings import Settings
from core.system.queries import list_beats
from models import Batch, BatchState, Heartbeat, Job, JobPhoto, JobState, ServicePart
from tests.acceptance.service import wait_until
from tests.rows import add_predict_job
from workers.engine import BatchRun, name_error, run_batches


def finish(run: BatchRun) -> None:
    with run.db.write() as session:
        finish_batch(session, run.claim)


def handlers(predict) -> dict:
    return {PREDICT_STAGE.name: predict, REPORT_STAGE.name: finish}


def batches(db: Database) -> list[Batch]:
    with db.read() as session:
        return list(session.scalars(select(Batch).order_by(Batch.id)))


def returned(db: Database) -> bool:
    with db.write() as session:
        return return_expired(session, max_attempts=3) > 0


def test_a_bug_is_recorded_and_tried_again(db: Database, settings: Settings) -> None:
    add_predict_job(db, photos=1, batch_photos=1)

    def broken(run: BatchRun) -> None:
        raise KeyError("missing")

    run_batches(db, settings, handlers(broken))
    batch = batches(db)[0]
    assert (batch.state, batch.error_code, batch.attempts) == (BatchState.WAITING, "unexpected_error", 1)
    assert "KeyError" in (batch.error_message or "")


def test_a_row_for_a_photo_that_was_removed_meanwhile_is_tried_again(
    db: Database, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    add_predict_job(db, photos=1, batch_photos=1)

    def name_a_removed_photo(run: BatchRun) -> None:
        with run.db.write() as session:
            session.execute(update(JobPhoto).values(photo_id=99))

    run_batches(db, settings, handlers(name_a_removed_photo))
    batch = batches(db)[0]
    assert (batch.state, batch.error_code, batch.attempts) == (BatchState.WAITING, "rows_changed", 1)
    assert "Traceback" not in "".join(capsys.readouterr())


def test_a_permanent_error_fails_the_job_at_once(db: Database, settings: Settings) -> None:
    add_predict_job(db, photos=3, batch_photos=1)
    calls = []

    def missing(run: BatchRun) -> None:
        calls.append(run.claim.batch_id)
        raise PermanentError("weights_missing", "There are no weights.")

    run_batches(db, settings, handlers(missing))
    with db.read() as session:
        job = session.scalars(select(Job)).one()
    assert (job.state, job.error_code, len(calls)) == (JobState.FAILED, "weights_missing", 1)


def test_a_long_batch_keeps_its_lease(db: Database, settings: Settings) -> None:
    """Three leases long, with the tick looking all the while."""
    add_predict_job(db, photos=1, batch_photos=1)
    ended = threading.Event()

    def tick() -> None:
        while not ended.wait(0.2):
            with db.write() as session:
                return_expired(session, max_attempts=3)

    def slow(run: BatchRun) -> None:
        end = batches(db)[0].lease_until + timedelta(seconds=3 * settings.lease_seconds)
        while batches(db)[0].lease_until < end:
            time.sleep(0.2)
            run.check()
        finish(run)

    ticking = threading.Thread(target=tick)
    ticking.start()
    run_batches(db, settings, handlers(slow))
    ended.set()
    ticking.join()
    assert (batches(db)[0].state, batches(db)[0].attempts) == (BatchState.DONE, 1)


def test_a_process_gives_signs_of_life_during_a_batch(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A batch may take longer than the time after which a process counts as silent."""
    add_predict_job(db, photos=1, batch_photos=1)
    seen = []

    def beats() -> list[ServicePart]:
        with db.read() as session:
            return [each.part for each in list_beats(session)]

    def long(run: BatchRun) -> None:
        assert beats() == [ServicePart.WORKER], "the first sign of life comes before the first batch"
        with db.write() as session:
            session.execute(delete(Heartbeat))
        run.check()
        wait_until(beats, seconds=10, what="a sign of life")
        seen.extend(beats())
        finish(run)

    monkeypatch.setattr(workers.heart, "BEAT_SECONDS", 0)
    monkeypatch.setattr(workers.tasks, "_database", lambda: db)
    monkeypatch.setattr(workers.tasks, "_settings", lambda: settings)
    monkeypatch.setattr(workers.handlers, "HANDLERS", handlers(long))
    workers.tasks._heart.cache_clear()
    workers.tasks.do_batches()
    workers.tasks._heart.cache_clear()
    assert seen == [ServicePart.WORKER]


@pytest.mark.parametrize(("photos", "line"), [(1, "1 photo read."), (2, "2 photos read.")])
def test_the_log_of_a_job_counts_as_people_do(
    db: Database, settings: Settings, photos: int, line: str
) -> None:
    job_id = add_predict_job(db, photos=photos, batch_photos=2)
    with db.write() as session:
        session.get_one(Job, job_id).photos_done = photos
    run_batches(db, settings, handlers(finish))
    with db.read() as session:
        assert list_events(session, job_id)[0].message == line


def test_pause_is_heard_between_photos_and_costs_no_attempt(db: Database, settings: Settings) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)

    def endless(run: BatchRun) -> None:
        with db.write() as session:
            pause_job(session, job_id)
        while True:
            time.sleep(0.05)
            run.check()

    began = time.monotonic()
    run_batches(db, settings, handlers(endless))
    assert time.monotonic() - began < 5
    assert (batches(db)[0].state, batches(db)[0].attempts) == (BatchState.WAITING, 0)


def test_a_call_that_stops_all_threads_keeps_its_lease(db: Database, settings: Settings) -> None:
    """Such a call lets nothing be renewed: the lease must be long enough before it begins."""
    add_predict_job(db, photos=1, batch_photos=1)
    left = []

    def seconds_left() -> float:
        with db.read() as session:
            return (batches(db)[0].lease_until - read_clock(session)).total_seconds()

    def converting(run: BatchRun) -> None:
        with run.hold(120):
            left.append(seconds_left())
        wait_until(lambda: seconds_left() < 60, seconds=10, what="a renewal of the usual length")
        finish(run)

    run_batches(db, settings, handlers(converting))
    assert left[0] > 100


def test_stuck_work_loses_its_lease_and_is_reported(db: Database, settings: Settings) -> None:
    add_predict_job(db, photos=1, batch_photos=1)
    object.__setattr__(settings, "stuck_seconds", 1.0)
    stuck = threading.Event()

    def hanging(run: BatchRun) -> None:
        assert stuck.wait(10), "nobody noticed"
        wait_until(lambda: returned(db), seconds=20, what="the lease to end")
        finish(run)

    run_batches(db, settings, handlers(hanging), on_stuck=stuck.set, is_over=stuck.is_set)
    batch = batches(db)[0]
    assert (batch.state, batch.attempts, batch.error_code) == (BatchState.WAITING, 1, "worker_lost")


def test_a_long_transfer_is_not_stuck_and_a_kill_in_it_costs_no_more_than_a_lease(
    db: Database, settings: Settings
) -> None:
    add_predict_job(db, photos=1, batch_photos=1)
    stuck, left = threading.Event(), []

    def copying(run: BatchRun) -> None:
        with run.transfer(60):
            assert not stuck.wait(1.5)
            with db.read() as session:
                left.append((batches(db)[0].lease_until - read_clock(session)).total_seconds())
        run.check()
        finish(run)

    run_batches(db, settings.with_changes(stuck_seconds=1.0), handlers(copying), on_stuck=stuck.set)
    assert batches(db)[0].state is BatchState.DONE and 0 < left[0] <= settings.lease_seconds


def test_a_claim_of_one_job_leaves_the_others(db: Database, settings: Settings) -> None:
    add_predict_job(db, photos=1, batch_photos=1)
    wanted = add_predict_job(db, photos=1, batch_photos=1)
    seen: list[Claim] = []

    def note(run: BatchRun) -> None:
        seen.append(run.claim)
        finish(run)

    run_batches(db, settings, handlers(note), job_id=wanted)
    assert {claim.job_id for claim in seen} == {wanted}
    with db.write() as session:
        assert claim_batch(session, worker="w", lease_seconds=5, kinds=[PREDICT_STAGE.name]) is not None
    with db.read() as session:
        assert len(session.scalars(select(JobPhoto)).all()) == 2


def full_sqlite() -> sqlite3.Error:
    """The error of a database that may not grow."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE big (x)")
    connection.execute("PRAGMA max_page_count = 2")
    try:
        connection.execute("INSERT INTO big VALUES (zeroblob(1000000))")
    except sqlite3.Error as error:
        return error
    raise AssertionError("it grew")


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("empty_file", "x"), "empty_file"),
        (TransientError("disk_full", "x"), "disk_full"),
        (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "disk_full"),
        (OSError(errno.EIO, "quota"), "unexpected_error"),
        (OperationalError("INSERT", {}, full_sqlite()), "disk_full"),
        (OperationalError("INSERT", {}, psycopg.errors.DiskFull("could not extend file")), "disk_full"),
        (OperationalError("SELECT", {}, Exception("disk is full of quotas")), "database_unavailable"),
        (OperationalError("SELECT", {}, Exception("server closed the connection")), "database_unavailable"),
        (ValueError("odd"), "unexpected_error"),
    ],
)
def test_every_error_gets_a_stable_code(error: Exception, code: str) -> None:
    assert name_error(error).code == code
