"""Lanes of a host as rows: never more at once than there are, whoever asks, and back after a death."""

from datetime import timedelta

from sqlalchemy import update

from core.crawl.lanes import LanePass, LaneWait
from core.crawl.store_lanes import block_host, enter_lane, leave_lane, read_wait, renew_lane
from core.database import Database
from models import CrawlLane

_HOST = "pictures.example"


def _enter(db: Database) -> LanePass | LaneWait:
    with db.write() as session:
        return enter_lane(session, _HOST, lanes=2, hold_seconds=30)


def _pass(db: Database) -> LanePass:
    held = _enter(db)
    assert isinstance(held, LanePass)
    return held


def _move_back(db: Database, seconds: float) -> None:
    """As if so much time had passed."""
    with db.write() as session:
        for lane in session.query(CrawlLane):
            lane.free_at -= timedelta(seconds=seconds)


def test_two_lanes_hold_two(db: Database) -> None:
    first, second = _pass(db), _pass(db)
    assert {first.number, second.number} == {0, 1}
    waiting = _enter(db)
    assert isinstance(waiting, LaneWait) and not waiting.blocked
    with db.write() as session:
        leave_lane(session, first, pause_seconds=0)
    assert _pass(db).number == first.number


def test_a_lane_rests_after_use(db: Database) -> None:
    for held in (_pass(db), _pass(db)):
        with db.write() as session:
            leave_lane(session, held, pause_seconds=5)
    with db.read() as session:
        wait = read_wait(session, _HOST, lanes=2)
    assert wait is not None and 4 < wait.seconds <= 5
    _move_back(db, 5)
    _pass(db)


def test_a_holder_that_dies_is_given_up_and_comes_too_late(db: Database) -> None:
    dead = _pass(db)
    _pass(db)
    _move_back(db, 31)
    heir = next(held for held in (_pass(db), _pass(db)) if held.number == dead.number)
    with db.write() as session:
        leave_lane(session, dead, pause_seconds=0)
        renew_lane(session, dead, hold_seconds=0)
    assert isinstance(_enter(db), LaneWait)
    with db.write() as session:
        leave_lane(session, heir, pause_seconds=0)
    _pass(db)


def test_a_host_that_asks_for_a_pause_lets_nobody_in(db: Database) -> None:
    with db.write() as session:
        leave_lane(session, enter_lane(session, _HOST, lanes=2, hold_seconds=30), pause_seconds=0)  # type: ignore[arg-type]
        block_host(session, _HOST, seconds=600)
    waiting = _enter(db)
    assert isinstance(waiting, LaneWait) and waiting.blocked and waiting.seconds > 590
    with db.write() as session:
        session.execute(update(CrawlLane).values(blocked_until=None))
    _pass(db)
