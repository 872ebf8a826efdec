"""Health names what does not move; signs of life come and are forgotten."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.database import Database, read_clock
from core.jobs.progress import read_health
from core.settings import Settings
from core.system.health import Beat, Check, ServiceHealth, check_leases, check_parts
from core.system.queries import count_unreturned, list_beats
from core.system.store import Process, delete_beat, forget_silent, write_beat
from models import Batch, BatchState, Heartbeat, ServicePart
from tests.rows import add_predict_job

TICK = Process(part=ServicePart.TICK, host="one", pid=7)


def beat(part: ServicePart, seconds_ago: float = 1) -> Beat:
    return Beat(part=part, host="one", pid=1, seconds_ago=seconds_ago)


def test_worker_and_tick_are_needed_and_the_others_missed_only_where_they_ran() -> None:
    checks = check_parts([])
    assert {name for name, check in checks.items() if not check.ok} == {"worker", "tick"}
    assert checks["live"].sentence == "No live process is running."
    checks = check_parts([beat(part) for part in (ServicePart.WORKER, ServicePart.TICK)])
    assert all(check.ok for check in checks.values())
    checks = check_parts([beat(part, 31 if part is ServicePart.TRAINER else 1) for part in ServicePart])
    assert [name for name, check in checks.items() if not check.ok] == ["trainer"]
    assert checks["trainer"].sentence == "The trainer has given no sign of life for 31 seconds."


@pytest.mark.parametrize("seconds_ago", [31, 3600, -3600])
def test_a_silent_process_is_no_living_one(seconds_ago: float) -> None:
    """A sign from the future was left before the clock was set back."""
    assert not check_parts([beat(ServicePart.WORKER, seconds_ago)])["worker"].ok
    both = [beat(ServicePart.WORKER, seconds_ago), beat(ServicePart.WORKER)]
    assert check_parts(both)["worker"].ok


def test_what_is_not_needed_is_named_and_does_not_fail_the_whole() -> None:
    broker = Check(ok=False, sentence="The broker cannot be reached.", needed=False)
    health = ServiceHealth(checks={"broker": broker, "leases": check_leases(0)})
    assert health.ok
    assert health.to_json()["checks"]["broker"] == {"ok": False, "sentence": broker.sentence}
    assert not ServiceHealth(checks={"leases": check_leases(2)}).ok


def test_health_says_what_is_so(db: Database, settings: Settings) -> None:
    with db.read() as session:
        assert read_health(session, settings).sentence == "No work is waiting."
    add_predict_job(db, photos=1, batch_photos=1)
    with db.read() as session:
        work = read_health(session, settings)
    assert (work.ok, work.sentence) == (True, "Waiting work is being claimed.")
    checks = {"work": Check(ok=True, sentence="No work is waiting."), "leases": check_leases(0)}
    assert ServiceHealth(checks=checks).sentence == "No work is waiting."
    assert ServiceHealth(checks=checks | {"leases": check_leases(1)}).sentence.startswith("The lease of 1")


def test_a_process_beats_is_forgotten_and_may_come_back(db: Database) -> None:
    with db.write() as session:
        write_beat(session, TICK)
        first = session.scalars(select(Heartbeat.started_at)).one()
        write_beat(session, TICK)
        assert [each.part for each in list_beats(session)] == [ServicePart.TICK]
        assert session.scalars(select(Heartbeat.started_at)).one() == first
        session.execute(update(Heartbeat).values(beat_at=read_clock(session) - timedelta(hours=1)))
        forget_silent(session)
        assert list_beats(session) == []
        write_beat(session, TICK)
        delete_beat(session, TICK)
        assert list_beats(session) == []


def test_a_lease_that_ran_out_long_ago_is_counted(db: Database) -> None:
    add_predict_job(db, photos=2, batch_photos=1)
    with db.write() as session:
        past = read_clock(session) - timedelta(seconds=60)
        session.execute(update(Batch).values(state=BatchState.LEASED, lease_until=past))
        assert count_unreturned(session, since_seconds=20) == 2
        assert count_unreturned(session, since_seconds=120) == 0
