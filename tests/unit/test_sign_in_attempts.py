"""Attempts to sign in are counted by client and account, and forgotten in time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from core.database import Database
from core.errors import InputError
from core.sign_in_attempts import reserve_attempt, take_back_attempt
from models import SignInAttempt


def _reserve(db: Database, times: int = 1, client: str = "1.2.3.4", account: str = "owner") -> int:
    number = 0
    for _ in range(times):
        with db.write() as session:
            number = reserve_attempt(session, client=client, account=account)
    return number


def _pass(db: Database, *, seconds: int) -> None:
    """Let time go by, as the rows see it."""
    with db.write() as session:
        for attempt in session.scalars(select(SignInAttempt)):
            attempt.at -= timedelta(seconds=seconds)


def test_ten_failures_close_the_door_for_five_minutes_to_one_client_alone(db: Database) -> None:
    _reserve(db, 10)
    with pytest.raises(InputError, match="Too many") as error:
        _reserve(db, account="another name")
    assert error.value.code == "sign_in_throttled"
    _reserve(db, client="1.2.3.5")
    _pass(db, seconds=301)
    _reserve(db)
    with db.read() as session:
        assert session.scalars(select(func.count()).select_from(SignInAttempt)).one() == 1


def test_many_clients_close_an_account(db: Database) -> None:
    for number in range(5):
        _reserve(db, 10, client=f"1.2.3.{number}")
    with pytest.raises(InputError, match="Too many"):
        _reserve(db, client="1.2.4.1")
    _reserve(db, client="1.2.4.1", account="ann")


def test_what_did_not_fail_does_not_count(db: Database) -> None:
    for _ in range(12):
        number = _reserve(db)
        with db.write() as session:
            take_back_attempt(session, number)
    _reserve(db, 10)


def test_attempts_of_several_processes_at_once_are_no_more_than_ten(db: Database) -> None:
    """Each has a connection of its own, as every thread of every web process has."""

    def attempt(_number: int) -> bool:
        try:
            _reserve(db)
        except InputError:
            return False
        return True

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(attempt, range(48))) == 10


def test_a_clock_that_was_set_back_closes_no_door(db: Database) -> None:
    _reserve(db, 10)
    with db.write() as session:
        later = select(func.max(SignInAttempt.at)).scalar_subquery()
        latest = session.scalars(select(later)).one()
        session.execute(update(SignInAttempt).values(at=latest + timedelta(hours=1)))
    _reserve(db)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:1.2.3.4", "1.2.3.4", True),
    ],
)
def test_a_network_of_ipv6_is_one_client(db: Database, one: str, other: str, same: bool) -> None:
    _reserve(db, 10, client=one)
    if same:
        with pytest.raises(InputError, match="Too many"):
            _reserve(db, client=other)
    else:
        _reserve(db, client=other)


def test_any_text_may_be_given_as_a_name(db: Database) -> None:
    for name in ("", "x" * 100_000, "\udcff", "\0"):
        _reserve(db, account=name)
