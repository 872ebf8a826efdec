"""Watchers that are killed while photos arrive give every photo to exactly one job."""

import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import func, select

from core.database import Database
from core.schedules.watching.options import WatchOptions
from core.settings import Settings
from models import FolderWatch, Job, ScheduleRun, TakenFile
from tests.forked import fork_program, fork_watcher, kill, wait
from tests.rows import add_version
from tests.watched import QUICK, add_watching, taken
from workers.watching.process import Watcher

pytestmark = pytest.mark.slow

_PHOTOS = 150
_DEADLINE = 90.0

#: Dies at the first, second ... call of what is named, before or after it.
_DIES = """
import os, signal, sys
import core.schedules.watching.store as store
import workers.watching.folder as folder
from core.settings import Settings
from workers.processes import stop_on_signals
from workers.watching.process import run_watcher

module, name, when = sys.argv[1].split(".")
place = {"store": store, "folder": folder}[module]
call = getattr(place, name)

def call_and_die(*given, **named):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    call(*given, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(place, name, call_and_die)
run_watcher(Settings.from_env(), stop_on_signals())
"""
#: Before anything is noted, between files and job, after the job, after the commit, before the state.
_POINTS = (
    "store._note.before",
    "store._note.after",
    "store.request_files.after",
    "folder.take_files.before",
    "folder.take_files.after",
    "folder.wake.before",
    "folder.write_sight.before",
)


@pytest.fixture
def ready(db: Database, settings: Settings) -> Settings:
    settings = settings.with_changes(broker_url="redis://127.0.0.1:1")
    settings.data.mkdir()
    add_version(db)
    return settings


@pytest.fixture
def inbox(tmp_path: Path) -> Path:
    place = tmp_path / "inbox"
    place.mkdir()
    return place


def _wait_for_all(db: Database, photos: int, turn: Callable[[], None] = lambda: None) -> None:
    until = time.monotonic() + _DEADLINE
    while len(taken(db)) < photos:
        assert time.monotonic() < until, f"{len(taken(db))} of {photos} were taken"
        turn()
        time.sleep(0.1)


def _check(db: Database, photos: int) -> None:
    """Every photo is in one job, noted as taken, counted, and in the run that started its job."""
    assert Counter(taken(db).values()) == {1: photos}
    with db.read() as session:
        assert session.scalars(select(func.count()).select_from(TakenFile)).one() == photos
        assert session.scalars(select(func.sum(FolderWatch.photos_taken))).one() == photos
        assert session.scalars(select(func.sum(Job.photos_found))).one() == photos
        jobs = session.scalars(select(Job.id).order_by(Job.id)).all()
        assert session.scalars(select(ScheduleRun.job_id).order_by(ScheduleRun.job_id)).all() == jobs


@pytest.mark.parametrize("point", _POINTS)
def test_a_watcher_killed_at_one_point_loses_and_doubles_nothing(
    db: Database, ready: Settings, inbox: Path, point: str
) -> None:
    add_watching(db, inbox, WatchOptions(settle_seconds=0.5, most_photos=2))
    for n in range(5):
        (inbox / f"{n}.jpg").write_bytes(b"%d" % n)
    assert wait(fork_program(ready, _DIES, point)) == -signal.SIGKILL
    (inbox / "meanwhile.jpg").write_bytes(b"arrived while no watcher ran")
    watcher = Watcher(db, ready)
    _wait_for_all(db, 6, watcher.turn)
    watcher.stop()
    _check(db, 6)


def _arrive(inbox: Path, chance: random.Random) -> None:
    """Photos arrive in every way: at once, under another name first, into a new folder, in pieces."""
    for n in range(_PHOTOS):
        place = inbox / f"{n % 7}" if n % 3 else inbox
        place.mkdir(exist_ok=True)
        name = place / f"{n:03}.jpg"
        if n % 2:
            part = name.with_suffix(".jpg.part")
            for _ in range(2):
                with part.open("ab") as file:
                    file.write(b"piece %d" % n)
            part.rename(name)
        else:
            name.write_bytes(b"photo %d" % n)
        deadline = time.monotonic() + chance.uniform(0.0, 0.1)
        while time.monotonic() < deadline:
            time.sleep(0.005)


def test_watchers_killed_at_random_give_each_photo_to_one_job(
    db: Database, ready: Settings, inbox: Path
) -> None:
    """Two at the same time, as on two machines that see the folder."""
    add_watching(db, inbox, QUICK.with_changes(most_photos=20))
    chance, kills = random.Random(7), 0
    arriving = threading.Thread(target=_arrive, args=(inbox, random.Random(8)))
    watchers = [fork_watcher(ready) for _ in range(2)]
    arriving.start()
    until = time.monotonic() + _DEADLINE
    while (arriving.is_alive() or len(taken(db)) < _PHOTOS) and time.monotonic() < until:
        if len(taken(db)) > kills * _PHOTOS / 6:
            place = chance.randrange(2)
            kill(watchers[place])
            watchers[place] = fork_watcher(ready)
            kills += 1
        time.sleep(chance.uniform(0.02, 0.2))
    arriving.join()
    _wait_for_all(db, _PHOTOS)
    for watcher in watchers:
        watcher.terminate()
    assert {wait(watcher) for watcher in watchers} <= {0, -signal.SIGTERM}
    assert kills > 2
    _check(db, _PHOTOS)
