"""The thread of a watched folder: new photos, folders that come and go, shares that hang."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from core.database import Database
from core.schedules.due import run_now
from core.schedules.store import delete_schedule, get_schedule, list_runs, pause_schedule, resume_schedule
from core.schedules.watching.options import WatchOptions
from core.schedules.watching.queries import list_unreadable
from core.settings import Settings
from models import FolderWatch, RunState, WatchMethod, WatchState
from tests.rows import add_version
from tests.watched import QUICK, add_watching, taken
from workers.watching import folder, notices, process
from workers.watching.process import Watcher

_DEADLINE = 20.0


@pytest.fixture(autouse=True)
def champion(db: Database) -> int:
    return add_version(db)


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    place = tmp_path / "inbox"
    place.mkdir()
    return place


@pytest.fixture
def watcher(db: Database, settings: Settings) -> Iterator[Watcher]:
    settings.data.mkdir()
    watcher = Watcher(db, settings.with_changes(broker_url="redis://127.0.0.1:1"))
    yield watcher
    watcher.stop()


def wait_for(watcher: Watcher, holds: Callable[[], bool]) -> None:
    """Turn the watcher until something holds."""
    until = time.monotonic() + _DEADLINE
    while not holds():
        assert time.monotonic() < until, "it never came"
        watcher.turn()
        time.sleep(0.05)


def read(db: Database, schedule_id: int) -> FolderWatch:
    with db.read() as session:
        return session.get_one(FolderWatch, schedule_id)


def add_photos(place: Path, *names: str) -> None:
    for name in names:
        (place / name).parent.mkdir(exist_ok=True, parents=True)
        (place / name).write_bytes(name.encode())


def test_photos_that_arrive_become_a_job_within_seconds(db: Database, inbox: Path, watcher: Watcher) -> None:
    add_photos(inbox, "old.jpg")
    schedule_id = add_watching(db, inbox)
    wait_for(watcher, lambda: taken(db) == {"old.jpg": 1})
    wait_for(watcher, lambda: read(db, schedule_id).method is WatchMethod.NOTIFICATIONS)
    began = time.monotonic()
    add_photos(inbox, "a.jpg", "deep/er/b.jpg", "c.jpg.part", ".d.jpg", "note.txt")
    wait_for(watcher, lambda: taken(db) == {"old.jpg": 1, "a.jpg": 1, "deep/er/b.jpg": 1})
    assert time.monotonic() - began < _DEADLINE / 2
    (inbox / "c.jpg.part").rename(inbox / "c.jpg")
    add_photos(inbox, "a.jpg"[:-4] + "-2.jpg")
    wait_for(watcher, lambda: taken(db)["c.jpg"] == 1 and taken(db)["a-2.jpg"] == 1)
    (inbox / "a.jpg").write_bytes(b"changed in place")
    wait_for(watcher, lambda: taken(db)["a.jpg"] == 2)
    wait_for(watcher, lambda: (read(db, schedule_id).photos_seen, read(db, schedule_id).growing) == (5, 0))
    watch = read(db, schedule_id)
    assert (watch.state, watch.photos_taken, watch.growing, watch.problem) == (
        WatchState.WATCHING,
        6,
        0,
        None,
    )


def test_a_photo_that_grows_is_counted_and_waits(db: Database, inbox: Path, watcher: Watcher) -> None:
    schedule_id = add_watching(db, inbox, WatchOptions(settle_seconds=2, gather_seconds=0))
    with (inbox / "big.jpg").open("wb", buffering=0) as file:
        until = time.monotonic() + 4
        while time.monotonic() < until:
            file.write(b"part")
            watcher.turn()
            time.sleep(0.2)
        assert taken(db) == {}
        assert read(db, schedule_id).growing == 1
    wait_for(watcher, lambda: taken(db) == {"big.jpg": 1})


def test_a_new_photo_needs_one_look_at_a_large_folder(
    db: Database, inbox: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it settles, it alone is looked at again."""
    add_photos(inbox, "old.jpg")
    schedule_id = add_watching(db, inbox)
    wait_for(watcher, lambda: taken(db) == {"old.jpg": 1})
    wait_for(watcher, lambda: read(db, schedule_id).method is WatchMethod.NOTIFICATIONS)
    find_new, found = folder.find_new, []

    def slow(*given: object, **more: object) -> Iterator[object]:
        """As many files take."""
        until = time.monotonic() + 1
        while time.monotonic() < until:
            time.sleep(0.05)
        for new in find_new(*given, **more):
            found.extend(file.relative for _, file in new)
            yield new

    monkeypatch.setattr(folder, "find_new", slow)
    add_photos(inbox, "new.jpg")
    wait_for(watcher, lambda: taken(db)["new.jpg"] == 1)
    assert found == [b"new.jpg"]
    # It is not looked for for ever: what comes next is found too.
    add_photos(inbox, "next.jpg")
    wait_for(watcher, lambda: taken(db)["next.jpg"] == 1)


def test_what_is_there_already_can_be_left_out(db: Database, inbox: Path, watcher: Watcher) -> None:
    add_photos(inbox, "old.jpg", "deep/older.jpg")
    schedule_id = add_watching(db, inbox, QUICK.with_changes(reads_existing=False), recursive=False)
    wait_for(watcher, lambda: read(db, schedule_id).started_at is not None)
    add_photos(inbox, "new.jpg", "deep/new.jpg")
    wait_for(watcher, lambda: taken(db) == {"new.jpg": 1})


def test_a_folder_that_goes_away_is_said_and_healed(db: Database, inbox: Path, watcher: Watcher) -> None:
    schedule_id = add_watching(db, inbox)
    add_photos(inbox, "a.jpg")
    wait_for(watcher, lambda: taken(db) == {"a.jpg": 1})
    away = inbox.with_name("away")
    inbox.rename(away)
    watcher.wake(schedule_id)
    wait_for(watcher, lambda: read(db, schedule_id).state is WatchState.AWAY)
    watch = read(db, schedule_id)
    assert watch.problem_code == "folder_not_found" and str(inbox) in watch.problem
    with db.read() as session:
        assert list_unreadable(session) == [schedule_id]
    add_photos(away, "b.jpg")
    away.rename(inbox)
    watcher.wake(schedule_id)
    wait_for(watcher, lambda: taken(db) == {"a.jpg": 1, "b.jpg": 1})
    wait_for(watcher, lambda: read(db, schedule_id).problem is None)
    assert read(db, schedule_id).state is WatchState.WATCHING


def test_a_share_that_is_no_longer_mounted_is_said(
    db: Database, inbox: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left of it is an empty folder on the disk of its mount point."""
    add_photos(inbox, "a.jpg")
    schedule_id = add_watching(db, inbox)
    wait_for(watcher, lambda: read(db, schedule_id).photos_seen == 1)
    stat = Path.stat

    def on_another_disk(path: Path, **given: bool) -> os.stat_result:
        found = stat(path, **given)
        return os.stat_result((*found[:2], found.st_dev + 1, *found[3:])) if path == inbox else found

    (inbox / "a.jpg").rename(inbox.with_name("a.jpg"))
    monkeypatch.setattr(Path, "stat", on_another_disk)
    watcher.wake(schedule_id)
    wait_for(watcher, lambda: read(db, schedule_id).problem_code == "folder_empty")
    monkeypatch.setattr(Path, "stat", stat)
    inbox.with_name("a.jpg").rename(inbox / "a.jpg")
    watcher.wake(schedule_id)
    wait_for(watcher, lambda: read(db, schedule_id).problem is None)


def test_a_network_share_is_polled_and_so_is_a_folder_that_asks_for_it(
    db: Database, inbox: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder, "file_system_of", lambda _root: "nfs4")
    monkeypatch.setattr(folder, "Notices", None)
    schedule_id = add_watching(db, inbox)
    wait_for(watcher, lambda: read(db, schedule_id).method is WatchMethod.POLLING)
    assert "network share (nfs4)" in read(db, schedule_id).method_note
    add_photos(inbox, "a.jpg")
    wait_for(watcher, lambda: taken(db) == {"a.jpg": 1})
    monkeypatch.setattr(folder, "file_system_of", lambda _root: "ext4")
    other = add_watching(db, inbox, QUICK.with_changes(polls=True))
    wait_for(watcher, lambda: read(db, other).method is WatchMethod.POLLING)


def test_a_system_that_gives_no_more_notifications_is_said_and_polled(
    db: Database, inbox: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_given: object, **_options: object) -> None:
        raise OSError("OS file watch limit reached.")

    monkeypatch.setattr(notices, "watch", refuse)
    schedule_id = add_watching(db, inbox)
    wait_for(watcher, lambda: "watch limit" in read(db, schedule_id).method_note)
    assert read(db, schedule_id).method is WatchMethod.POLLING
    add_photos(inbox, "a.jpg")
    wait_for(watcher, lambda: taken(db) == {"a.jpg": 1})
    monkeypatch.undo()
    monkeypatch.setattr(notices, "_TRY_AGAIN_SECONDS", 0)
    watcher.wake(schedule_id)
    wait_for(watcher, lambda: read(db, schedule_id).method is WatchMethod.NOTIFICATIONS)


def test_a_share_that_hangs_holds_up_no_other_folder(
    db: Database, tmp_path: Path, inbox: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs = tmp_path / "share"
    hangs.mkdir()
    answers, check = threading.Event(), folder.check_root

    def hang(path: Path, roots: object) -> Path:
        if path == hangs:
            answers.wait(_DEADLINE)
        return check(path, roots)

    monkeypatch.setattr(folder, "check_root", hang)
    monkeypatch.setattr(process, "SLOW_SECONDS", 0.2)
    slow, quick = add_watching(db, hangs), add_watching(db, inbox)
    add_photos(inbox, "a.jpg")
    add_photos(hangs, "b.jpg")
    wait_for(watcher, lambda: taken(db) == {"a.jpg": 1})
    wait_for(watcher, lambda: read(db, slow).state is WatchState.SLOW)
    with db.read() as session:
        assert list_unreadable(session) == [slow]
    with db.write() as session:
        pause_schedule(get_schedule(session, quick))
    answers.set()
    wait_for(watcher, lambda: taken(db) == {"a.jpg": 1, "b.jpg": 1})
    wait_for(watcher, lambda: read(db, slow).state is WatchState.WATCHING)


def test_a_look_that_drips_on_is_given_up(
    db: Database, inbox: Path, watcher: Watcher, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_photos(inbox, "a.jpg")
    monkeypatch.setattr(folder, "_LOOK_SECONDS", -1.0)
    schedule_id = add_watching(db, inbox)
    wait_for(watcher, lambda: read(db, schedule_id).problem_code == "folder_slow")
    assert taken(db) == {}


def test_pause_resume_run_now_and_delete(
    db: Database, settings: Settings, inbox: Path, watcher: Watcher
) -> None:
    schedule_id = add_watching(db, inbox)
    wait_for(watcher, lambda: read(db, schedule_id).looked_at is not None)
    with db.write() as session:
        pause_schedule(get_schedule(session, schedule_id))
    watcher.turn()
    add_photos(inbox, "while-paused.jpg")
    wait_for(watcher, lambda: not watcher._threads)
    assert taken(db) == {}
    with db.write() as session:
        resume_schedule(session, get_schedule(session, schedule_id))
    wait_for(watcher, lambda: taken(db) == {"while-paused.jpg": 1})
    with db.write() as session:
        run_now(session, get_schedule(session, schedule_id), settings)
    watcher.wake(schedule_id)

    def ended() -> bool:
        with db.read() as session:
            return list_runs(session, schedule_id)[0][0].state is RunState.SKIPPED

    wait_for(watcher, ended)
    with db.write() as session:
        delete_schedule(session, get_schedule(session, schedule_id))
    wait_for(watcher, lambda: not watcher._threads)
    with db.read() as session:
        assert session.get(FolderWatch, schedule_id) is None


def test_nothing_is_taken_while_the_disk_is_full(db: Database, settings: Settings, inbox: Path) -> None:
    """The job would fail at once; the photos become one as soon as there is space."""
    settings.data.mkdir()
    full = Watcher(db, settings.with_changes(min_free_bytes=2**43, broker_url="redis://127.0.0.1:1"))
    schedule_id = add_watching(db, inbox)
    add_photos(inbox, "a.jpg")
    wait_for(full, lambda: read(db, schedule_id).problem_code == "disk_full")
    full.stop()
    assert taken(db) == {}
    enough = Watcher(db, settings.with_changes(broker_url="redis://127.0.0.1:1"))
    wait_for(enough, lambda: taken(db) == {"a.jpg": 1})
    enough.stop()
