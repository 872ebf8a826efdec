"""The tick notices a clock that was set back, and outlives what it cannot handle."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

import workers.tick
from core.database import Database, read_clock
from core.jobs.actions import cancel_job
from core.jobs.deletion import delete_job
from core.jobs.finish import LONGEST_BACKOFF_SECONDS
from core.jobs.lease import LONGEST_PAUSE_SECONDS
from core.jobs.request import request_like
from core.labels.decisions import Origin
from core.predict.report_stage import STANDARD_REPORTS
from core.review.answers.outside_decisions import decide_face
from core.schedules.recurrence import Recurrence
from core.schedules.store import Timing, add_schedule
from core.settings import Settings
from core.storage.calls import limit_tries
from core.system.store import Process, write_beat
from models import (
    Batch,
    Face,
    Heartbeat,
    Job,
    JobPhoto,
    JobState,
    Label,
    Overlap,
    Report,
    ReportFormat,
    ReportState,
    RunState,
    ScheduleRun,
    ServicePart,
)
from tests.cases import ON_SQLITE
from tests.object_store import FaultyStore, ObjectStore
from tests.rows import add_predict_job
from tests.unit.web.finished_job import add_finished_job
from workers.tick import ClockWatch, Sweeps, correct_clock, purge, run_tick, start_schedules, tick_once


def test_a_step_back_is_noticed_and_a_step_forward_is_none(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, now = ClockWatch(), datetime(2026, 1, 1, 12, tzinfo=UTC)
    seen = []
    for moment in (now, now, now + timedelta(hours=1), now + timedelta(minutes=30), now):
        monkeypatch.setattr(workers.tick, "read_clock", lambda _session, moment=moment: moment)
        with db.read() as session:
            step = watch.look(session)
            seen.append(None if step is None else (step.seconds and round(step.seconds), step.longest_pause))
    back = 1800, LONGEST_BACKOFF_SECONDS
    assert seen == [(None, LONGEST_PAUSE_SECONDS), None, None, back, back]


def test_after_a_step_back_waiting_batches_are_due(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_predict_job(db, photos=1, batch_photos=1)
    watch = ClockWatch()
    correct_clock(db, settings, watch)
    with db.write() as session:
        now = read_clock(session)
        session.execute(update(Batch).values(not_before=now + timedelta(minutes=30)))
    monkeypatch.setattr(workers.tick, "read_clock", lambda _session: now - timedelta(minutes=30))
    correct_clock(db, settings, watch)
    with db.read() as session:
        assert session.scalars(select(Batch.not_before)).one() <= read_clock(session)


def test_a_tick_purges_what_was_deleted_within_its_time(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first tick has no time at all, the second one all it needs; a job of this moment waits a lease."""
    settings.data.mkdir()
    deleted, fresh = (add_predict_job(db, photos=4, batch_photos=2) for _ in range(2))
    with db.write() as session:
        for job_id in (deleted, fresh):
            cancel_job(session, job_id)
            job = delete_job(session, job_id, by="Ann")
            if job_id == deleted:
                job.deleted_at = read_clock(session) - timedelta(minutes=1)
    left = []
    for seconds in (0.0, 60.0):
        monkeypatch.setattr(workers.tick, "_PURGE_SECONDS", seconds)
        tick_once(db, settings.with_changes(broker_url="redis://127.0.0.1:1"), Sweeps())
        with db.read() as session:
            left.append(Counter(session.scalars(select(JobPhoto.job_id))))
    assert left == [{deleted: 4, fresh: 4}, {fresh: 4}]


def test_the_tick_outlives_an_error_of_any_kind(
    settings: Settings, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop, ticks = threading.Event(), []

    def fail(*_given: object) -> None:
        ticks.append(1)
        if len(ticks) == 2:
            stop.set()
        raise RuntimeError("a row that nobody expected")

    monkeypatch.setattr(workers.tick, "tick_once", fail)
    run_tick(settings.with_changes(tick_seconds=0.1), stop)
    assert len(ticks) == 2


def test_what_cannot_be_purged_keeps_no_worker_from_being_woken(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.data.mkdir()
    add_predict_job(db, photos=1, batch_photos=1)
    asked, woken = [], []

    def refuse(name: str) -> None:
        asked.append(name)
        raise PermissionError(1, "write-protected")

    monkeypatch.setattr(workers.tick, "purge_slice", lambda *_: refuse("jobs"))
    monkeypatch.setattr(workers.tick, "find_abandoned", lambda _session: refuse("uploads"))
    monkeypatch.setattr(workers.tick, "wake", lambda _settings, count: woken.append(count))
    tick_once(db, settings, Sweeps())
    assert (asked, woken) == (["jobs", "uploads"], [1])


@ON_SQLITE
def test_an_object_store_that_is_away_is_not_asked_for_each_deleted_job(
    db: Database,
    settings: Settings,
    object_store: ObjectStore,
    faulty: FaultyStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    there = object_store.settings(settings).with_changes(files_endpoint=faulty.endpoint)
    for _ in range(3):
        add_predict_job(db, photos=1, batch_photos=1)
    with db.write() as session:
        long_ago = read_clock(session) - timedelta(days=1)
        session.execute(update(Job).values(state=JobState.CANCELLED, deleted_at=long_ago))
    faulty.faults, sweeps = ["500"] * 20, Sweeps()
    limit_tries(1)
    purge(db, there, sweeps)
    purge(db, there, sweeps)
    assert len(faulty.seen) == 1
    faulty.faults.clear()
    monkeypatch.setattr(sweeps, "_any_at", 0.0)
    for _ in range(10):
        purge(db, there, sweeps)
    limit_tries(None)
    with db.read() as session:
        assert all(session.scalars(select(Job.purged_at)))


def test_as_many_workers_are_woken_as_all_hosts_have(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.data.mkdir()
    woken: list[int] = []
    monkeypatch.setattr(workers.tick, "wake", lambda _settings, count: woken.append(count))
    with db.write() as session:
        for number in range(5):
            write_beat(session, Process(part=ServicePart.WORKER, host=f"host{number}", pid=1))
        write_beat(session, Process(part=ServicePart.LIVE, host="host6", pid=1))
        silent = session.scalars(select(Heartbeat).where(Heartbeat.host == "host0")).one()
        silent.beat_at -= timedelta(seconds=600)
    for _ in range(6):
        add_predict_job(db, photos=1, batch_photos=1)
    tick_once(db, settings.with_changes(workers=1), Sweeps())
    assert woken == [4]


def test_the_options_of_all_jobs_are_not_read_at_every_tick(
    db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, found = [], [7, None, None]
    monkeypatch.setattr(workers.tick, "find_abandoned", lambda _session: asked.append(1) or found.pop(0))
    monkeypatch.setattr(workers.tick, "sweep_upload", lambda *_given: True)
    sweeps = Sweeps()
    assert [sweeps.upload(db, settings) for _ in range(5)] == [True, False, False, False, False]
    assert len(asked) == 2
    monkeypatch.setattr(workers.tick, "_SWEEP_PAUSE_SECONDS", 0.0)
    assert not Sweeps().upload(db, settings)
    assert len(asked) == 3


def test_a_run_writes_the_reports_of_earlier_runs_again_if_its_schedule_says_so(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    job_id = add_finished_job(db, tmp_path / "photos", photos=2)
    timing = Timing(
        recurrence=Recurrence(cron="0 * * * *", time_zone="UTC"), overlap=Overlap.SKIP, renews_reports=True
    )
    with db.write() as session:
        now, job = read_clock(session), session.get_one(Job, job_id)
        schedule = add_schedule(session, request_like(job, account_id=None), timing)
        schedule.next_at = now - timedelta(minutes=1)
        earlier = now - timedelta(days=1)
        session.add(
            ScheduleRun(schedule_id=schedule.id, planned_at=earlier, state=RunState.STARTED, job_id=job_id,
                        created_at=earlier)
        )  # fmt: skip
        session.add(
            Report(
                job_id=job_id, format=ReportFormat.HTML, state=ReportState.READY, created_at=now, read_at=now
            )
        )
        face = session.scalars(select(Face.id).limit(1)).one()
        decide_face(session, face, Label.NOT_A_FACE, Origin(account_id=None, queue="results"))
    start_schedules(db, settings)
    with db.read() as session:
        again = select(Report.format).where(Report.job_id == job_id, Report.number == 2)
        assert set(session.scalars(again)) == set(STANDARD_REPORTS)
        assert session.get_one(Job, job_id).state is JobState.RUNNING
        runs = session.scalars(select(ScheduleRun.state).order_by(ScheduleRun.id)).all()
        assert runs == [RunState.STARTED, RunState.STARTED]


@pytest.mark.parametrize(("files", "state"), [("", JobState.FAILED), ("s3://bucket/files", JobState.WAITING)])
def test_a_full_disk_fails_jobs_where_it_is_that_of_all_hosts(
    db: Database, settings: Settings, files: str, state: JobState
) -> None:
    """Beside an object store each host has a disk of its own, and the tick's is not that of the workers."""
    settings.data.mkdir()
    job_id = add_predict_job(db, photos=1, batch_photos=1)
    tick_once(db, settings.with_changes(min_free_bytes=2**44, files=files), Sweeps())
    with db.read() as session:
        assert session.get_one(Job, job_id).state is state


def test_two_ticks_start_a_due_schedule_once(db: Database, settings: Settings, tmp_path: Path) -> None:
    """As on two hosts: each has a connection of its own."""
    (tmp_path / "photos").mkdir()
    job_id = add_finished_job(db, tmp_path / "photos", photos=2)
    timing = Timing(recurrence=Recurrence(cron="0 * * * *", time_zone="UTC"), overlap=Overlap.SKIP)
    with db.write() as session:
        now, job = read_clock(session), session.get_one(Job, job_id)
        for _ in range(5):
            schedule = add_schedule(session, request_like(job, account_id=None), timing)
            schedule.next_at = now - timedelta(minutes=1)
    with ThreadPoolExecutor(2) as ticks:
        list(ticks.map(lambda _number: start_schedules(db, settings), range(2)))
    with db.read() as session:
        runs = session.scalars(select(ScheduleRun)).all()
        assert Counter(run.state for run in runs) == {RunState.STARTED: 5}
        assert len(session.scalars(select(Job)).all()) == 1 + 5
