"""Several ticks, killed at random, start every planned run exactly once."""

import random
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from core.database import Database, read_clock
from core.jobs.kinds import JobRequest
from core.predict.job_kind import PREDICT
from core.predict.options import PredictOptions
from core.schedules.recurrence import Recurrence
from core.schedules.store import Timing, add_schedule
from core.settings import Settings
from models import Batch, Job, Overlap, Schedule, ScheduleRun
from tests.forked import fork_program, fork_tick, kill, wait
from tests.rows import add_version
from workers.tick import Sweeps, tick_once

pytestmark = pytest.mark.slow

_SCHEDULES = 200
_TICKS = 3
_DEADLINE = 60.0


def _add_due(db: Database, folder: Path, count: int = _SCHEDULES) -> None:
    wish = JobRequest(
        kind=PREDICT.name, options=PredictOptions(folder=str(folder)).to_json(), title="", account_id=None
    )
    timing = Timing(recurrence=Recurrence(cron="0 0 1 1 *", time_zone="UTC"), overlap=Overlap.SKIP)
    with db.write() as session:
        for _ in range(count):
            add_schedule(session, wish, timing)
        session.execute(update(Schedule).values(next_at=read_clock(session) - timedelta(seconds=1)))


def _count(db: Database, table: type[Job] | type[Batch] | type[ScheduleRun]) -> int:
    with db.read() as session:
        return session.scalars(select(func.count()).select_from(table)).one()


def test_killed_ticks_start_every_run_once(db: Database, settings: Settings, tmp_path: Path) -> None:
    settings = settings.with_changes(tick_seconds=0.1, broker_url="redis://127.0.0.1:1")
    settings.data.mkdir()
    add_version(db)
    _add_due(db, tmp_path)
    chance, until, kills = random.Random(7), time.monotonic() + _DEADLINE, 0
    ticks = [fork_tick(settings) for _ in range(_TICKS)]
    while (started := _count(db, ScheduleRun)) < _SCHEDULES and time.monotonic() < until:
        if started > kills * _SCHEDULES / 5:
            place = chance.randrange(_TICKS)
            kill(ticks[place])
            ticks[place] = fork_tick(settings)
            kills += 1
        time.sleep(0.02)
    for tick in ticks:
        tick.terminate()
    ended = {wait(tick) for tick in ticks}
    assert ended <= {0, -signal.SIGTERM}, "each ends its turn, or had not begun one"
    tick_once(db, settings, Sweeps())
    assert kills > 0
    assert _count(db, ScheduleRun) == _count(db, Job) == _count(db, Batch) == _SCHEDULES
    with db.read() as session:
        assert len(set(session.scalars(select(ScheduleRun.job_id)))) == _SCHEDULES


_DIES = """
import os, signal
import core.schedules.due as due
from core.settings import Settings
from workers.tick import Sweeps, tick_once
from core.database import Database

start = due.start_job

def start_and_die(*given):
    start(*given)
    os.kill(os.getpid(), signal.SIGKILL)

due.start_job = start_and_die
settings = Settings.from_env()
tick_once(Database(settings.sql_url), settings, Sweeps())
"""
#: Ends no transaction before as many processes as it is told ask for what is due.
_WAITS = """
import os, sys, time
import core.schedules.due as due
import workers.tick as tick
from core.settings import Settings
from core.database import Database

settings = Settings.from_env()
start = due.start_job

def start_and_wait(*given):
    job = start(*given)
    while len(list(settings.data.glob("asks-*"))) < int(sys.argv[1]):
        time.sleep(0.01)
    return job

due.start_job = start_and_wait
(settings.data / f"asks-{os.getpid()}").touch()
tick.start_schedules(Database(settings.sql_url), settings)
"""


def test_a_tick_killed_after_the_job_and_before_the_commit_has_done_nothing(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    settings = settings.with_changes(broker_url="redis://127.0.0.1:1")
    settings.data.mkdir()
    add_version(db)
    _add_due(db, tmp_path, count=1)
    assert wait(fork_program(settings, _DIES)) == -signal.SIGKILL
    assert _count(db, ScheduleRun) == _count(db, Job) == 0
    assert wait(fork_program(settings, _WAITS, "1")) == 0
    assert _count(db, ScheduleRun) == _count(db, Job) == _count(db, Batch) == 1


def test_two_ticks_in_the_middle_of_one_start_start_it_once(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    settings = settings.with_changes(broker_url="redis://127.0.0.1:1")
    settings.data.mkdir()
    add_version(db)
    _add_due(db, tmp_path, count=2)
    ticks = [fork_program(settings, _WAITS, "3") for _ in range(3)]
    assert [wait(tick) for tick in ticks] == [0, 0, 0]
    assert _count(db, ScheduleRun) == _count(db, Job) == 2
