"""Planned times: started once, skipped, queued, caught up once, refused with the reason."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from core.audit.job_kind import AUDIT
from core.database import Database, read_clock
from core.errors import InputError
from core.job_kinds import JOB_KINDS
from core.jobs.kinds import JobRequest
from core.jobs.request import start_job
from core.library.selection.model import LabelFilter, LibrarySelection
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.removal.job_kind import REMOVE
from core.review.job_kind import AGREEMENT, REVIEW, request_queue
from core.review.options import QueueOptions
from core.review.queues.queries import find_queue
from core.schedules.due import run_now, start_next_due, start_next_waiting
from core.schedules.recurrence import Recurrence
from core.schedules.store import Timing, add_schedule, get_schedule, pause_schedule, resume_schedule
from core.settings import Settings
from models import Job, JobState, Overlap, Photo, ReviewReason, RunState, Schedule, ScheduleRun
from tests.rows import add_version


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def champion(db: Database) -> int:
    return add_version(db)


def _add(
    db: Database, folder: Path, *, overlap: Overlap = Overlap.SKIP, late: timedelta | None = None
) -> int:
    """An hourly schedule that is due since `late`."""
    wish = JobRequest(
        kind=PREDICT.name,
        options=PredictOptions(folder=str(folder)).to_json(),
        title="Gate",
        account_id=None,
    )
    timing = Timing(recurrence=Recurrence(cron="0 * * * *", time_zone="UTC"), overlap=overlap)
    with db.write() as session:
        schedule = add_schedule(session, wish, timing)
        _make_due(schedule, late or timedelta(minutes=1))
        return schedule.id


def _make_due(schedule: Schedule, late: timedelta) -> None:
    """Set the planned time to the hour that lies so far back."""
    schedule.next_at = (schedule.next_at - timedelta(hours=1) - late).replace(minute=0)


def _due(db: Database, settings: Settings) -> ScheduleRun | None:
    with db.write() as session:
        return start_next_due(session, settings)


def _due_again(db: Database, settings: Settings, schedule_id: int) -> ScheduleRun | None:
    """The hour after: what was planned moves back instead of the clock forward."""
    with db.write() as session:
        for run in session.scalars(select(ScheduleRun).order_by(ScheduleRun.planned_at)):
            run.planned_at -= timedelta(hours=1)
            session.flush()
        _make_due(session.get_one(Schedule, schedule_id), timedelta(minutes=0))
    return _due(db, settings)


def test_a_due_schedule_starts_its_job_once(db: Database, settings: Settings, folder: Path) -> None:
    schedule_id = _add(db, folder)
    run = _due(db, settings)
    assert run is not None
    assert run.state is RunState.STARTED
    assert _due(db, settings) is None
    with db.read() as session:
        job = session.get_one(Job, run.job_id)
        assert (job.title, job.options["folder"]) == ("Gate", str(folder))
        assert session.get_one(Schedule, schedule_id).next_at > read_clock(session)


def test_missed_runs_are_caught_up_once(db: Database, settings: Settings, folder: Path) -> None:
    _add(db, folder, late=timedelta(days=3))
    run = _due(db, settings)
    assert run is not None
    assert "missed" in run.note
    assert _due(db, settings) is None
    with db.read() as session:
        assert run.planned_at > read_clock(session) - timedelta(hours=1, seconds=5)
        assert len(session.scalars(select(Job)).all()) == 1


def test_an_unfinished_job_makes_the_next_run_skip(db: Database, settings: Settings, folder: Path) -> None:
    schedule_id = _add(db, folder)
    _due(db, settings)
    run = _due_again(db, settings, schedule_id)
    assert run is not None
    assert (run.state, run.job_id) == (RunState.SKIPPED, None)


def test_a_queued_run_starts_when_the_job_before_has_ended(
    db: Database, settings: Settings, folder: Path
) -> None:
    schedule_id = _add(db, folder, overlap=Overlap.QUEUE)
    _due(db, settings)
    waiting = _due_again(db, settings, schedule_id)
    third = _due_again(db, settings, schedule_id)
    assert waiting is not None
    assert third is not None
    assert (waiting.state, third.state) == (RunState.WAITING, RunState.SKIPPED)
    with db.write() as session:
        assert start_next_waiting(session, settings) is None
        session.execute(update(Job).values(state=JobState.DONE))
    with db.write() as session:
        started = start_next_waiting(session, settings)
        assert started is not None
        assert started.job_id is not None
    with db.write() as session:
        assert start_next_waiting(session, settings) is None


def test_a_refused_job_is_told_and_the_schedule_goes_on(
    db: Database, settings: Settings, folder: Path
) -> None:
    schedule_id = _add(db, folder)
    folder.rmdir()
    run = _due(db, settings)
    assert run is not None
    assert run.state is RunState.REFUSED
    assert "folder_not_found" in run.note
    folder.mkdir()
    again = _due_again(db, settings, schedule_id)
    assert again is not None
    assert again.state is RunState.STARTED


def test_a_paused_schedule_starts_nothing_and_makes_up_for_nothing(
    db: Database, settings: Settings, folder: Path
) -> None:
    schedule_id = _add(db, folder)
    with db.write() as session:
        pause_schedule(get_schedule(session, schedule_id))
    assert _due(db, settings) is None
    with db.write() as session:
        resume_schedule(session, get_schedule(session, schedule_id))
    assert _due(db, settings) is None


def test_run_now_keeps_the_plan(db: Database, settings: Settings, folder: Path) -> None:
    schedule_id = _add(db, folder)
    with db.write() as session:
        schedule = get_schedule(session, schedule_id)
        planned = schedule.next_at
        run = run_now(session, schedule, settings)
        assert run.job_id is not None
        assert schedule.next_at == planned


def test_one_planned_time_cannot_stand_twice(db: Database, settings: Settings, folder: Path) -> None:
    schedule_id = _add(db, folder)
    run = _due(db, settings)
    assert run is not None
    with pytest.raises(IntegrityError), db.write() as session:
        session.add(
            ScheduleRun(
                schedule_id=schedule_id,
                planned_at=run.planned_at,
                state=RunState.STARTED,
                created_at=run.created_at,
            )
        )


def test_a_review_queue_recurs_as_a_new_queue(db: Database, settings: Settings) -> None:
    options = QueueOptions(shares={ReviewReason.AUDIT: 100}, limit=7, phrase="crowd")
    with db.write() as session:
        first = request_queue(session, options, title="Audit", account_id=None)
        job = session.get_one(Job, first.job_id)
        wish = JobRequest(kind=REVIEW.name, options=job.options, title=job.title, account_id=None)
        again = start_job(session, wish, settings)
        second = find_queue(session, again)
        assert second is not None and second.id != first.id
        assert (second.title, QueueOptions.from_json(second.options)) == ("Audit", options)


def test_only_removals_and_audits_are_never_started_again(db: Database, settings: Settings) -> None:
    with db.write() as session:
        wish = JobRequest(kind=AGREEMENT.name, options={}, title="Agreement", account_id=None)
        assert start_job(session, wish, settings).kind == AGREEMENT.name
    assert [kind.name for kind in JOB_KINDS if not kind.runs_again] == [AUDIT.name, REMOVE.name]


def test_a_selection_is_read_anew_at_each_run_and_skipped_while_it_is_empty(
    db: Database, settings: Settings
) -> None:
    selection = LibrarySelection(label=LabelFilter.NOT_SEARCHED)
    wish = JobRequest(
        kind=PREDICT.name,
        options=PredictOptions(selection=selection).to_json(),
        title="New photos",
        account_id=None,
    )
    timing = Timing(recurrence=Recurrence(cron="0 * * * *", time_zone="UTC"), overlap=Overlap.SKIP)
    with db.write() as session:
        schedule = add_schedule(session, wish, timing)
        _make_due(schedule, timedelta(minutes=1))
        schedule_id = schedule.id
    empty = _due(db, settings)
    assert empty is not None and empty.job_id is None
    assert empty.state is RunState.SKIPPED and "not searched yet" in empty.note
    with db.write() as session:
        session.add(
            Photo(sha256="a" * 64, bytes=1, width=1, height=1, format="JPEG", created_at=read_clock(session))
        )
    run = _due_again(db, settings, schedule_id)
    assert run is not None
    with db.read() as session:
        job = session.get_one(Job, run.job_id)
        assert PREDICT.options_of(job).selection == selection


def test_an_upload_cannot_recur(db: Database) -> None:
    wish = JobRequest(
        kind=PREDICT.name, options=PredictOptions(upload_id=1).to_json(), title="", account_id=None
    )
    timing = Timing(recurrence=Recurrence(cron="@daily", time_zone="UTC"), overlap=Overlap.SKIP)
    with pytest.raises(InputError) as refused, db.write() as session:
        add_schedule(session, wish, timing)
    assert refused.value.code == "schedule_upload"


@pytest.mark.parametrize("broken", [{"time_zone": "Mars/Olympus"}, {"cron": "at noon"}])
def test_times_that_became_invalid_stop_no_other_schedule(
    db: Database, settings: Settings, folder: Path, broken: dict[str, str]
) -> None:
    broken_id, good_id = _add(db, folder, late=timedelta(minutes=2)), _add(db, folder)
    with db.write() as session:
        session.execute(update(Schedule).where(Schedule.id == broken_id).values(**broken))
    marked, started = _due(db, settings), _due(db, settings)
    assert marked is not None and started is not None
    assert (marked.schedule_id, marked.state) == (broken_id, RunState.REFUSED)
    assert "time_zone_unknown" in marked.note or "cron_invalid" in marked.note
    assert (started.schedule_id, started.state) == (good_id, RunState.STARTED)
    assert _due(db, settings) is None


def test_stored_options_that_cannot_be_read_stop_no_other_schedule(
    db: Database, settings: Settings, folder: Path
) -> None:
    broken_id, good_id = _add(db, folder, late=timedelta(minutes=2)), _add(db, folder)
    with db.write() as session:
        session.execute(update(Schedule).where(Schedule.id == broken_id).values(options=["no", "mapping"]))
    marked, started = _due(db, settings), _due(db, settings)
    assert marked is not None and started is not None
    assert (marked.schedule_id, marked.state, marked.job_id) == (broken_id, RunState.REFUSED, None)
    assert (started.schedule_id, started.state) == (good_id, RunState.STARTED)
