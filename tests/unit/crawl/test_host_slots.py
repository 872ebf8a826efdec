"""Host slots in the database: never more requests at once than slots, and slots of dead workers expire."""

from datetime import timedelta

from sqlalchemy import update

from core.crawl.host_slots import HostSlot, SlotWait
from core.crawl.store import (
    block_host,
    correct_slot_times,
    read_slot_wait,
    release_slot,
    renew_slot,
    take_slot,
)
from core.database import Database
from core.jobs.lease import LONGEST_PAUSE_SECONDS
from models import CrawlSlot

_HOST = "pictures.example"


def _take(db: Database) -> HostSlot | SlotWait:
    with db.write() as session:
        return take_slot(session, _HOST, slots=2, hold_seconds=30)


def _taken(db: Database) -> HostSlot:
    held = _take(db)
    assert isinstance(held, HostSlot)
    return held


def _move_back(db: Database, seconds: float) -> None:
    """Act as if so many seconds had passed."""
    with db.write() as session:
        for row in session.query(CrawlSlot):
            row.free_at -= timedelta(seconds=seconds)


def test_two_slots_hold_two(db: Database) -> None:
    first, second = _taken(db), _taken(db)
    assert {first.number, second.number} == {0, 1}
    waiting = _take(db)
    assert isinstance(waiting, SlotWait) and not waiting.blocked
    with db.write() as session:
        release_slot(session, first, pause_seconds=0)
    assert _taken(db).number == first.number


def test_a_slot_pauses_after_use(db: Database) -> None:
    for held in (_taken(db), _taken(db)):
        with db.write() as session:
            release_slot(session, held, pause_seconds=5)
    with db.read() as session:
        wait = read_slot_wait(session, _HOST, slots=2)
    assert wait is not None and 4 < wait.seconds <= 5
    _move_back(db, 5)
    _taken(db)


def test_a_dead_holder_loses_its_slot_and_cannot_release_it(db: Database) -> None:
    dead = _taken(db)
    _taken(db)
    _move_back(db, 31)
    heir = next(held for held in (_taken(db), _taken(db)) if held.number == dead.number)
    with db.write() as session:
        release_slot(session, dead, pause_seconds=0)
        renew_slot(session, dead, hold_seconds=0)
    assert isinstance(_take(db), SlotWait)
    with db.write() as session:
        release_slot(session, heir, pause_seconds=0)
    _taken(db)


def test_a_blocked_host_gives_out_no_slots(db: Database) -> None:
    with db.write() as session:
        release_slot(session, take_slot(session, _HOST, slots=2, hold_seconds=30), pause_seconds=0)  # type: ignore[arg-type]
        block_host(session, _HOST, seconds=600)
    waiting = _take(db)
    assert isinstance(waiting, SlotWait) and waiting.blocked and waiting.seconds > 590
    with db.write() as session:
        session.execute(update(CrawlSlot).values(blocked_until=None))
    _taken(db)


def test_a_clock_that_was_set_back_makes_no_wait_longer_than_a_minute(db: Database) -> None:
    for held in (_taken(db), _taken(db)):
        with db.write() as session:
            release_slot(session, held, pause_seconds=5)
            block_host(session, _HOST, seconds=1200)
    _move_back(db, -900)
    with db.write() as session:
        for row in session.query(CrawlSlot):
            assert row.blocked_until is not None
            row.blocked_until += timedelta(seconds=900)
    with db.write() as session:
        correct_slot_times(session, set_back=900)
    with db.read() as session:
        wait = read_slot_wait(session, _HOST, slots=2)
    assert wait is not None and 1190 < wait.seconds <= 1200, "what the server asked for stays"
    with db.write() as session:
        session.execute(update(CrawlSlot).values(blocked_until=None))
        wait = read_slot_wait(session, _HOST, slots=2)
    assert wait is not None and wait.seconds <= 60


def test_a_step_that_nobody_saw_leaves_the_longest_pause(db: Database) -> None:
    with db.write() as session:
        release_slot(session, take_slot(session, _HOST, slots=1, hold_seconds=30), pause_seconds=0)  # type: ignore[arg-type]
    _move_back(db, -5 * LONGEST_PAUSE_SECONDS)
    with db.write() as session:
        correct_slot_times(session, set_back=None)
        wait = read_slot_wait(session, _HOST, slots=1)
    assert wait is not None and LONGEST_PAUSE_SECONDS - 5 < wait.seconds <= LONGEST_PAUSE_SECONDS
