"""What was taken of a watched folder is written with its job, once."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from core.database import Database
from core.errors import InputError
from core.jobs.kinds import JobRequest
from core.jobs.request import may_recur, request_like, start_job
from core.library.files.scan import ScannedFile, scan_again, scan_photos
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.schedules.due import run_now, start_next_due, start_next_waiting
from core.schedules.recurrence import Recurrence
from core.schedules.store import (
    Timing,
    add_schedule,
    change_schedule,
    delete_schedule,
    get_schedule,
    list_runs,
    pause_schedule,
    resume_schedule,
)
from core.schedules.watching.options import WatchOptions
from core.schedules.watching.settling import NewFile, fingerprint_of
from core.schedules.watching.store import end_look_by_hand, keep_existing, take_files
from core.settings import Settings
from models import Batch, FolderWatch, Job, JobPhoto, JobPhotoState, RunState, ScheduleRun, TakenFile
from tests.rows import add_version
from tests.watched import add_watching, taken


@pytest.fixture(autouse=True)
def champion(db: Database) -> int:
    return add_version(db)


@pytest.fixture
def schedule_id(db: Database, tmp_path: Path) -> int:
    return add_watching(db, tmp_path)


def new(name: str, error: str | None = None) -> NewFile:
    file = ScannedFile(relative=name.encode(), size=1, mtime_ns=1, error=error)
    return NewFile(file=file, fingerprint=fingerprint_of(file), since=0)


def take(db: Database, settings: Settings, schedule_id: int, *files: NewFile) -> ScheduleRun | None:
    with db.write() as session:
        return take_files(session, schedule_id, "/photos", files, settings)


def _count(db: Database, table: type) -> int:
    with db.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_files_become_one_job_with_its_rows_and_batches(
    db: Database, settings: Settings, schedule_id: int
) -> None:
    files = [new(f"{n:02}.jpg") for n in range(40)]
    run = take(db, settings, schedule_id, *files, new("link.jpg", "symlink_outside_root"))
    assert run is not None and run.state is RunState.STARTED and run.note == "41 new photos."
    with db.read() as session:
        job = session.get_one(Job, run.job_id)
        watch = session.get_one(FolderWatch, schedule_id)
        rows = session.scalars(select(JobPhoto).order_by(JobPhoto.position)).all()
        batches = session.scalars(select(Batch).order_by(Batch.sequence)).all()
    assert (job.kind, job.title, job.listed, job.photos_found, job.photos_failed) == (
        "predict", "Arrivals", True, 41, 1,
    )  # fmt: skip
    assert PredictOptions.from_json(job.options).files_of_job == job.id
    assert (watch.photos_taken, watch.last_taken_at is not None) == (41, True)
    assert [row.position for row in rows] == list(range(41))
    assert rows[-1].state is JobPhotoState.FAILED and rows[-1].error_code == "symlink_outside_root"
    assert [(each.first_position, each.last_position) for each in batches] == [(0, 31), (32, 40)]
    assert job.batches_open == len(batches)


def test_a_file_is_taken_once_and_again_when_it_has_changed(
    db: Database, settings: Settings, schedule_id: int
) -> None:
    take(db, settings, schedule_id, new("a.jpg"))
    assert take(db, settings, schedule_id, new("a.jpg")) is None
    take(db, settings, schedule_id, new("a.jpg"), new("b.jpg"))
    assert taken(db) == {"a.jpg": 1, "b.jpg": 1}
    file = ScannedFile(relative=b"a.jpg", size=2, mtime_ns=1)
    take(db, settings, schedule_id, NewFile(file=file, fingerprint=fingerprint_of(file), since=0))
    assert taken(db) == {"a.jpg": 2, "b.jpg": 1}
    assert (_count(db, Job), _count(db, TakenFile)) == (3, 3)


def test_nothing_is_taken_for_a_schedule_that_is_paused_or_gone(
    db: Database, settings: Settings, schedule_id: int
) -> None:
    with db.write() as session:
        pause_schedule(get_schedule(session, schedule_id))
    assert take(db, settings, schedule_id, new("a.jpg")) is None
    with db.write() as session:
        resume_schedule(session, get_schedule(session, schedule_id))
    assert take(db, settings, schedule_id, new("a.jpg")) is not None
    with db.write() as session:
        delete_schedule(session, get_schedule(session, schedule_id))
    assert take(db, settings, schedule_id, new("b.jpg")) is None
    assert (_count(db, Job), _count(db, TakenFile), _count(db, FolderWatch)) == (1, 0, 0)


def test_what_was_there_at_first_is_left_to_no_job(
    db: Database, settings: Settings, schedule_id: int
) -> None:
    with db.write() as session:
        keep_existing(session, schedule_id, [new("old.jpg").fingerprint])
    with db.write() as session:
        keep_existing(session, schedule_id, [new("late.jpg").fingerprint])
    take(db, settings, schedule_id, new("old.jpg"), new("late.jpg"))
    assert taken(db) == {"late.jpg": 1}


def test_a_run_by_hand_waits_for_the_watcher_and_gets_its_job(
    db: Database, settings: Settings, schedule_id: int
) -> None:
    for _ in range(2):
        with db.write() as session:
            run = run_now(session, get_schedule(session, schedule_id), settings)
        assert (run.state, run.job_id) == (RunState.WAITING, None)
    with db.write() as session:
        assert start_next_waiting(session, settings) is None, "it is none of the tick's"
        assert start_next_due(session, settings) is None
    run = take(db, settings, schedule_id, new("a.jpg"))
    with db.read() as session:
        [(only, job)] = list_runs(session, schedule_id)
    assert job is not None and (only.id, only.state, only.job_id) == (run.id, RunState.STARTED, job.id)
    with db.write() as session:
        run_now(session, get_schedule(session, schedule_id), settings)
        end_look_by_hand(session, schedule_id)
        newest = session.scalars(select(ScheduleRun).order_by(ScheduleRun.id.desc())).first()
        assert newest.state is RunState.SKIPPED and "no new photos" in newest.note


def test_run_again_reads_the_same_files_and_no_schedule_does(
    db: Database, settings: Settings, tmp_path: Path, schedule_id: int
) -> None:
    with db.write() as session:
        run = take_files(session, schedule_id, str(tmp_path), [new("a.jpg")], settings)
        asked = request_like(session.get_one(Job, run.job_id), account_id=None)
        assert not may_recur(asked)
        again = start_job(session, asked, settings)
        assert again.stage == "list" and again.options["files_of_job"] == run.job_id
        other = {**asked.options, "folder": str(tmp_path.parent)}
        with pytest.raises(InputError, match="does not read the folder"):
            start_job(
                session,
                JobRequest(kind="predict", options=other, title="", account_id=None),
                settings.with_changes(allowed_roots=str(tmp_path.parent)),
            )


def test_what_cannot_wait_for_photos_is_refused(db: Database, schedule_id: int) -> None:
    watch = Timing(watch=WatchOptions())
    selection = PredictOptions(selection={}).to_json()
    request = JobRequest(kind=PREDICT.name, options=selection, title="", account_id=None)
    with db.write() as session:
        with pytest.raises(InputError) as refused:
            add_schedule(session, request, watch)
        assert refused.value.code == "schedule_not_watchable"
        times = Timing(recurrence=Recurrence(cron="@daily", time_zone="UTC"))
        with pytest.raises(InputError) as refused:
            change_schedule(session, get_schedule(session, schedule_id), title="x", timing=times)
        assert refused.value.code == "schedule_trigger"
    for wrong in ({}, {"watch": WatchOptions(), "recurrence": times.recurrence}):
        with pytest.raises(InputError, match="either times or a folder"):
            Timing(**wrong)
    with pytest.raises(InputError, match="earlier reports"):
        Timing(watch=WatchOptions(), renews_reports=True)


def test_options_are_changed_and_stay_with_what_was_taken(
    db: Database, settings: Settings, schedule_id: int
) -> None:
    take(db, settings, schedule_id, new("a.jpg"))
    slower = Timing(watch=WatchOptions(settle_seconds=60))
    with db.write() as session:
        change_schedule(session, get_schedule(session, schedule_id), title="Slow", timing=slower)
        watch = session.get_one(FolderWatch, schedule_id)
        assert WatchOptions.from_json(watch.options).settle_seconds == 60
        assert get_schedule(session, schedule_id).title == "Slow"
    assert take(db, settings, schedule_id, new("a.jpg")) is None


def test_two_watchers_take_each_file_once(db: Database, settings: Settings, schedule_id: int) -> None:
    """Both saw the same files; the second one finds them taken once it has the lock."""
    first = take(db, settings, schedule_id, new("a.jpg"), new("b.jpg"))
    second = take(db, settings, schedule_id, new("b.jpg"), new("c.jpg"))
    assert first is not None and second is not None
    assert taken(db) == {"a.jpg": 1, "b.jpg": 1, "c.jpg": 1}


def test_a_scan_gives_what_a_listing_gives(tmp_path: Path) -> None:
    """Unordered, but the same names and errors; status of the files beside."""
    inner = tmp_path / "in"
    inner.mkdir()
    for name in ("a.jpg", "in/b.png", "in/.hidden.jpg", "c.jpg.part", "notes.txt", "in/~up.jpg.crdownload"):
        (tmp_path / name).write_bytes(b"abc")
    (tmp_path / "out.jpg").symlink_to("/etc/hostname")
    (tmp_path / "gone.jpg").symlink_to(tmp_path / "nowhere.jpg")
    (inner / "up").symlink_to(tmp_path)
    found = scan_photos(tmp_path, allowed_roots=[tmp_path], recursive=True, check=lambda: None)
    by_name = {each.relative: each for each in found}
    assert {name: each.error for name, each in by_name.items()} == {
        b"a.jpg": None, b"in/b.png": None, b"out.jpg": "symlink_outside_root",
    }  # fmt: skip
    status = (tmp_path / "a.jpg").stat()
    assert (by_name[b"a.jpg"].size, by_name[b"a.jpg"].mtime_ns) == (3, status.st_mtime_ns)
    again = scan_again(tmp_path, by_name, allowed_roots=[tmp_path], check=lambda: None)
    assert {each.relative: each for each in again} == by_name
    flat = scan_photos(tmp_path, allowed_roots=[tmp_path], recursive=False, check=lambda: None)
    assert {each.relative for each in flat} == {b"a.jpg", b"out.jpg"}


def test_a_second_look_at_some_files_sees_what_became_of_them(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "watched"
    for place in (outside, folder / "in", folder / "moved"):
        place.mkdir(parents=True)
        (place / "a.jpg").write_bytes(b"abc")
    paths = [b"in/a.jpg", b"in/gone.jpg", b"moved/a.jpg", b"nowhere/a.jpg", b"in"]
    (folder / "in" / "a.jpg").write_bytes(b"grown")
    (folder / "moved" / "a.jpg").unlink()
    (folder / "moved").rmdir()
    # Meanwhile it leads out of what may be read.
    (folder / "moved").symlink_to(outside)
    found = scan_again(folder, paths, allowed_roots=[folder], check=lambda: None)
    assert [(each.relative, each.size, each.error) for each in found] == [(b"in/a.jpg", 5, None)]


def test_a_version_is_needed(db: Database, settings: Settings, schedule_id: int) -> None:
    """Nothing is noted as taken where the job is refused."""
    from models import ClassifierVersion

    with db.write() as session:
        session.execute(update(ClassifierVersion).values(champion=False))
    with pytest.raises(Exception, match=r"champion|row"):
        take(db, settings, schedule_id, new("a.jpg"))
    assert (_count(db, Job), _count(db, TakenFile)) == (0, 0)
