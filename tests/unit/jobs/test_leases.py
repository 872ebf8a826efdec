"""Claiming, renewing, fencing, finishing, returning: on SQLite and on PostgreSQL."""

import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.crawl.job_kind import FETCH_STAGE
from core.database import Database, read_clock
from core.errors import InputError, PermanentError, TransientError
from core.jobs.actions import cancel_job, continue_job, pause_job, resume_job, retry_job
from core.jobs.claim import Claim, claim_batch
from core.jobs.finish import LONGEST_BACKOFF_SECONDS, fail_attempt, fail_job, finish_batch
from core.jobs.kinds import Runner, stage_names
from core.jobs.lease import (
    LONGEST_PAUSE_SECONDS,
    LeaseLost,
    LeaseState,
    postpone_batch,
    release_batch,
    renew_lease,
)
from core.jobs.progress import read_health
from core.jobs.tick import correct_times, count_claimable, return_expired
from core.predict.job_kind import PREDICT_STAGE, request_predict
from core.predict.listing.photos import ListedPhoto
from core.predict.listing.store import add_listed
from core.predict.options import PredictOptions
from core.predict.report_stage import REPORT_STAGE, STANDARD_REPORTS
from core.settings import Settings
from models import Batch, BatchState, Job, JobPhoto, JobPhotoState, JobState, Report
from tests.rows import add_predict_job, add_version

KINDS = stage_names(Runner.WORKER) | stage_names(Runner.TRAINER)
FAR = datetime(2100, 1, 1, tzinfo=UTC)


def claim(db: Database, worker: str = "a", lease: float = 60) -> Claim | None:
    with db.write() as session:
        return claim_batch(session, worker=worker, lease_seconds=lease, kinds=KINDS)


def must_claim(db: Database, worker: str = "a", lease: float = 60) -> Claim:
    found = claim(db, worker, lease)
    assert found is not None
    return found


def expire(db: Database, held: Claim) -> None:
    with db.write() as session:
        past = read_clock(session) - timedelta(seconds=1)
        session.execute(update(Batch).where(Batch.id == held.batch_id).values(lease_until=past))


def batch_of(db: Database, held: Claim) -> Batch:
    with db.read() as session:
        return session.get_one(Batch, held.batch_id)


def job_of(db: Database, job_id: int) -> Job:
    with db.read() as session:
        return session.get_one(Job, job_id)


def end_lost(db: Database, held: Claim) -> None:
    """End an attempt as the tick does after the worker died."""
    expire(db, held)
    with db.write() as session:
        return_expired(session, max_attempts=3)


def claim_after_pause(db: Database) -> Claim:
    with db.write() as session:
        listing = update(Batch).where(Batch.state == BatchState.WAITING, Batch.kind != PREDICT_STAGE.name)
        session.execute(listing.values(not_before=read_clock(session)))
    return must_claim(db)


def add_listing_job(db: Database, folder: Path) -> int:
    """A predict job whose folder is not listed yet."""
    add_version(db)
    with db.write() as session:
        options = PredictOptions(folder=str(folder))
        return request_predict(session, options, account_id=None, roots=(folder,)).id


def test_a_batch_is_claimed_once(db: Database) -> None:
    job_id = add_predict_job(db, photos=4, batch_photos=4)
    first = must_claim(db)
    assert first.job_id == job_id and (first.first_position, first.last_position) == (0, 3)
    assert claim(db, "b") is None
    assert job_of(db, job_id).state is JobState.RUNNING


def test_many_workers_never_share_a_batch(db: Database) -> None:
    add_predict_job(db, photos=60, batch_photos=1)
    taken: list[int] = []

    def work(name: str) -> None:
        while (held := claim(db, name)) is not None:
            taken.append(held.batch_id)
            with db.write() as session:
                finish_batch(session, held)

    threads = [threading.Thread(target=work, args=(f"w{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(Counter(taken).values()) == 1
    # 60 predict batches, and the last of them opened the reports.
    assert len(taken) > 60
    with db.read() as session:
        assert session.scalars(select(Job)).one().state is JobState.DONE


def test_jobs_take_turns(db: Database) -> None:
    big = add_predict_job(db, photos=10, batch_photos=1)
    small = add_predict_job(db, photos=2, batch_photos=1)
    order = [must_claim(db).job_id for _ in range(4)]
    assert order == [big, small, big, small]


def test_a_lost_lease_writes_nothing(db: Database) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    slow = must_claim(db, "slow")
    expire(db, slow)
    with db.write() as session:
        assert return_expired(session, max_attempts=3) == 1
    fast = must_claim(db, "fast")
    with pytest.raises(LeaseLost), db.write() as session:
        finish_batch(session, slow)
    with db.write() as session:
        assert renew_lease(session, slow, 60) is LeaseState.LOST
        assert not release_batch(session, slow)
    assert batch_of(db, fast).worker == "fast"
    assert job_of(db, job_id).batches_open == 1


def test_a_live_lease_is_not_returned(db: Database) -> None:
    add_predict_job(db, photos=1, batch_photos=1)
    held = must_claim(db)
    with db.write() as session:
        assert renew_lease(session, held, 60) is LeaseState.HELD
        assert return_expired(session, max_attempts=3) == 0
    assert batch_of(db, held).state is BatchState.LEASED


def test_a_batch_that_kills_its_workers_is_split_and_its_photo_quarantined(db: Database) -> None:
    """Photo 2 of 4 kills whoever reads it: the other three come through, the one says why it failed."""
    job_id = add_predict_job(db, photos=4, batch_photos=4)
    for _ in range(40):
        held = claim(db, "victim")
        if held is None:
            break
        assert held.first_position is not None or held.kind == REPORT_STAGE.name
        if held.kind == PREDICT_STAGE.name and held.first_position <= 2 <= held.last_position:
            expire(db, held)
            with db.write() as session:
                return_expired(session, max_attempts=3)
            continue
        with db.write() as session:
            finish_batch(session, held)
    with db.read() as session:
        failed = session.scalars(select(JobPhoto).where(JobPhoto.state == JobPhotoState.FAILED)).all()
    assert [photo.position for photo in failed] == [2]
    assert failed[0].error_code == "worker_lost" and "victim" in (failed[0].error_message or "")
    job = job_of(db, job_id)
    assert (job.state, job.photos_failed, job.batches_quarantined) == (JobState.DONE, 1, 1)


def test_only_attempts_in_a_row_without_progress_fail_a_listing(db: Database, tmp_path: Path) -> None:
    job_id = add_listing_job(db, tmp_path)
    for number in range(5):
        held = must_claim(db)
        with db.write() as session:
            photo = ListedPhoto(locator=f"{number}.jpg".encode())
            add_listed(session, held, [photo], batch_photos=4)
            session.execute(update(Batch).where(Batch.kind == PREDICT_STAGE.name).values(not_before=FAR))
        end_lost(db, held)
    assert job_of(db, job_id).state is JobState.RUNNING
    # One more was lost since the last progress; four are forgiven, and three attempts count.
    for _ in range(5):
        assert job_of(db, job_id).state is JobState.RUNNING
        end_lost(db, claim_after_pause(db))
    assert job_of(db, job_id).state is JobState.RUNNING
    end_lost(db, claim_after_pause(db))
    job = job_of(db, job_id)
    assert (job.state, job.error_code, job.photos_found) == (JobState.FAILED, "worker_lost", 5)


def test_the_last_losses_that_are_forgiven_pause_the_batch(db: Database, tmp_path: Path) -> None:
    """Losses in a row may have one cause, such as a machine that restarts."""
    add_listing_job(db, tmp_path)
    pauses = []
    for _ in range(4):
        held = claim_after_pause(db)
        end_lost(db, held)
        with db.read() as session:
            pauses.append((batch_of(db, held).not_before - read_clock(session)).total_seconds())
    assert [round(max(0, pause)) for pause in pauses] == [0, 0, 2, 10]


def test_a_batch_whose_row_cannot_be_handled_stops_no_other(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_predict_job(db, photos=2, batch_photos=1)
    broken, good = must_claim(db), must_claim(db)
    for held in (broken, good):
        expire(db, held)
    with db.write() as session:
        session.execute(
            update(Batch).where(Batch.id == broken.batch_id).values(kind="of another release", attempts=3)
        )
        return_expired(session, max_attempts=3)
    assert batch_of(db, good).state is BatchState.WAITING
    left = batch_of(db, broken)
    with db.read() as session:
        assert left.state is BatchState.LEASED and left.lease_until > read_clock(session)


def test_times_beyond_every_pause_and_lease_are_brought_back(db: Database) -> None:
    """As a clock that was set back by a day leaves them."""
    add_predict_job(db, photos=2, batch_photos=1)
    held = must_claim(db)
    with db.write() as session:
        ahead = read_clock(session) + timedelta(days=1)
        session.execute(update(Batch).values(not_before=ahead))
        session.execute(update(Batch).where(Batch.id == held.batch_id).values(lease_until=ahead))
    assert claim(db) is None
    with db.write() as session:
        assert correct_times(session, lease_seconds=60, longest_pause=LONGEST_PAUSE_SECONDS) == 2
        now = read_clock(session)
    assert claim(db) is not None
    until = batch_of(db, held).lease_until
    assert until is not None and now < until <= now + timedelta(seconds=60)


def test_a_legal_pause_and_a_live_lease_are_left_alone(db: Database) -> None:
    add_predict_job(db, photos=1, batch_photos=1)
    held = must_claim(db)
    with db.write() as session:
        session.execute(update(Batch).values(kind=FETCH_STAGE.name))
        assert correct_times(session, lease_seconds=60, longest_pause=LONGEST_PAUSE_SECONDS) == 0
        postpone_batch(session, held, seconds=10 * LONGEST_PAUSE_SECONDS)
        assert correct_times(session, lease_seconds=60, longest_pause=LONGEST_PAUSE_SECONDS) == 0
    assert claim(db) is None


@pytest.mark.parametrize("seconds", [5, 120, 900])
def test_what_had_no_such_pause_is_due_even_if_nobody_saw_the_clock_set_back(
    db: Database, seconds: float
) -> None:
    """The tick was down meanwhile, so that it cannot know; the longest legal pause is an hour."""
    add_predict_job(db, photos=2, batch_photos=1)
    with db.write() as session:
        held = claim_batch(session, worker="a", lease_seconds=60, kinds=KINDS)
        assert held is not None
        release_batch(session, held)
        ahead = read_clock(session) + timedelta(seconds=seconds)
        session.execute(update(Batch).values(not_before=ahead))
        corrected = correct_times(session, lease_seconds=60, longest_pause=LONGEST_PAUSE_SECONDS)
    # The claimed one may have failed, and then waits for a minute at most.
    assert corrected == (1 if seconds < LONGEST_BACKOFF_SECONDS else 2)
    assert claim(db) is not None


def test_a_transient_error_is_tried_again_later(db: Database) -> None:
    add_predict_job(db, photos=1, batch_photos=1)
    held = must_claim(db)
    with db.write() as session:
        fail_attempt(session, held, TransientError("database_unavailable", "away"), max_attempts=3)
    batch = batch_of(db, held)
    assert batch.state is BatchState.WAITING and batch.error_code == "database_unavailable"
    assert claim(db) is None, "it waits before the next attempt"


def test_a_store_that_is_away_is_waited_for_and_no_photo_is_given_up(db: Database) -> None:
    """However often: the batch is neither split nor quarantined, and goes on once the store is back."""
    job_id = add_predict_job(db, photos=4, batch_photos=4)
    for _ in range(10):
        held = must_claim(db)
        with db.write() as session:
            fail_attempt(session, held, TransientError("storage_unavailable", "away"), max_attempts=3)
        assert claim(db) is None, "it waits before it asks again"
        assert batch_of(db, held).error_code == "storage_unavailable"
        with db.write() as session:
            session.get_one(Batch, held.batch_id).not_before = read_clock(session)
    held = must_claim(db)
    assert (held.attempts, held.first_position, held.last_position) == (1, 0, 3)
    with db.write() as session:
        finish_batch(session, held)
    assert job_of(db, job_id).photos_failed == 0


@pytest.mark.parametrize(
    "error", [PermanentError("weights_missing", "no"), InputError("folder_not_found", "no")]
)
def test_an_error_that_concerns_all_fails_the_job(db: Database, error: PermanentError | InputError) -> None:
    job_id = add_predict_job(db, photos=2, batch_photos=1)
    held = must_claim(db)
    other = must_claim(db)
    with db.write() as session:
        fail_attempt(session, held, error, max_attempts=3)
    assert (job_of(db, job_id).state, job_of(db, job_id).error_code) == (JobState.FAILED, error.code)
    assert claim(db) is None
    with pytest.raises(LeaseLost), db.write() as session:
        finish_batch(session, other)
    with pytest.raises(InputError, match="that is failed cannot be cancelled"), db.write() as session:
        cancel_job(session, job_id)
    with db.write() as session:
        retry_job(session, job_id)
    assert must_claim(db).attempts == 1


def test_pause_and_resume(db: Database) -> None:
    job_id = add_predict_job(db, photos=2, batch_photos=1)
    held = must_claim(db)
    with db.write() as session:
        pause_job(session, job_id)
    assert claim(db) is None
    with db.write() as session:
        assert renew_lease(session, held, 60) is LeaseState.PAUSED
        assert release_batch(session, held)
    assert batch_of(db, held).attempts == 0, "a pause costs no attempt"
    with db.write() as session:
        resume_job(session, job_id)
    assert claim(db) is not None


def test_cancel_fences_running_workers_and_the_job_goes_on(db: Database) -> None:
    job_id = add_predict_job(db, photos=3, batch_photos=1)
    with db.write() as session:
        finish_batch(session, must_claim_in(session))
    held = must_claim(db)
    with db.write() as session:
        cancel_job(session, job_id)
    with pytest.raises(LeaseLost), db.write() as session:
        finish_batch(session, held)
    assert claim(db) is None
    with db.write() as session:
        assert continue_job(session, job_id).batches_open == 2


def test_a_cancelled_job_goes_on_without_its_failed_photos(db: Database) -> None:
    """Only the rest is done; the photo that failed waits for a retry of the finished job."""
    job_id = add_predict_job(db, photos=3, batch_photos=1)
    fail_photo(db, job_id, 0)
    with db.write() as session:
        held = must_claim_in(session)
        finish_batch(session, held)
        session.get_one(Batch, held.batch_id).state = BatchState.QUARANTINED
        cancel_job(session, job_id)
    with db.write() as session:
        assert continue_job(session, job_id).batches_open == 2
    assert [must_claim(db).first_position for _ in range(2)] == [1, 2]
    assert job_of(db, job_id).photos_failed == 1


def fail_photo(db: Database, job_id: int, position: int) -> None:
    with db.write() as session:
        of_job = JobPhoto.job_id == job_id, JobPhoto.position == position
        values = {"state": JobPhotoState.FAILED, "error_code": "file_gone"}
        session.execute(update(JobPhoto).where(*of_job).values(**values))
        session.get_one(Job, job_id).photos_failed += 1


def must_claim_in(session) -> Claim:
    found = claim_batch(session, worker="a", lease_seconds=60, kinds=KINDS)
    assert found is not None
    return found


def test_actions_that_do_not_fit_are_refused(db: Database) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    for action, code in ((resume_job, "job_state"), (retry_job, "job_state"), (continue_job, "job_state")):
        with pytest.raises(InputError) as caught, db.write() as session:
            action(session, job_id)
        assert caught.value.code == code
    with pytest.raises(InputError) as caught, db.write() as session:
        pause_job(session, 999)
    assert caught.value.code == "job_not_found"


def test_nothing_to_retry_changes_nothing(db: Database) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    while (held := claim(db)) is not None:
        with db.write() as session:
            finish_batch(session, held)
    with pytest.raises(InputError) as caught, db.write() as session:
        retry_job(session, job_id)
    assert caught.value.code == "nothing_to_retry"
    assert job_of(db, job_id).state is JobState.DONE


def test_every_job_ends_with_its_reports(db: Database) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    with db.write() as session:
        finish_batch(session, must_claim_in(session))
    with db.read() as session:
        reports = session.scalars(select(Report)).all()
    assert {report.format for report in reports} == set(STANDARD_REPORTS)
    assert job_of(db, job_id).batches_open == 1, "one pass writes them all"


def test_health_says_when_nobody_claims(db: Database, settings: Settings) -> None:
    add_predict_job(db, photos=1, batch_photos=1)
    with db.write() as session:
        assert read_health(session, settings).ok
        past = read_clock(session) - timedelta(seconds=90)
        session.execute(update(Batch).values(not_before=past))
    with db.read() as session:
        health = read_health(session, settings)
        assert count_claimable(session, limit=5, kinds=stage_names(Runner.WORKER)) == 1
    assert not health.ok and "90 seconds" in health.sentence
    must_claim(db)
    with db.read() as session:
        assert read_health(session, settings).ok


def test_busy_workers_are_healthy_however_long_the_rest_waits(db: Database, settings: Settings) -> None:
    add_predict_job(db, photos=2, batch_photos=1)
    held = must_claim(db, lease=600)
    long_ago = timedelta(seconds=90)
    with db.write() as session:
        past = read_clock(session) - long_ago
        session.execute(update(Batch).values(not_before=past))
        session.execute(update(Job).values(last_claim_at=past))
    with db.read() as session:
        assert read_health(session, settings).ok
    expire(db, held)
    with db.read() as session:
        assert not read_health(session, settings).ok


def test_a_batch_that_ends_after_its_job_failed_leaves_it_failed(db: Database) -> None:
    """A claim that was not committed yet when the job failed slips through with a good lease."""
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    held = must_claim(db)
    with db.write() as session:
        session.get_one(Job, job_id).state = JobState.FAILED
    with db.write() as session:
        finish_batch(session, held)
    job = job_of(db, job_id)
    assert (job.state, job.batches_open) == (JobState.FAILED, 0)
    with db.write() as session:
        assert retry_job(session, job_id).batches_open == 1, "the reports"


def test_a_full_disk_fails_only_jobs_that_still_run(db: Database) -> None:
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    full = TransientError("disk_full", "full")
    with db.write() as session:
        cancel_job(session, job_id)
        fail_job(session, job_id, full)
    assert job_of(db, job_id).state is JobState.CANCELLED
