"""Attempts to sign in are counted by client and account, and forgotten in time."""

import pytest

from core.errors import InputError
from web.accounts.throttle import Throttle


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def _reserve(throttle: Throttle, times: int, client: str = "1.2.3.4", account: str = "owner") -> None:
    for _ in range(times):
        throttle.reserve(client=client, account=account)


def test_ten_failures_close_the_door_for_five_minutes_to_one_client_alone() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    _reserve(throttle, 10)
    with pytest.raises(InputError, match="Too many"):
        _reserve(throttle, 1, account="another name")
    _reserve(throttle, 1, client="1.2.3.5")
    clock.now = 301
    _reserve(throttle, 1)


def test_many_clients_close_an_account() -> None:
    throttle = Throttle(Clock())
    for number in range(5):
        _reserve(throttle, 10, client=f"1.2.3.{number}")
    with pytest.raises(InputError, match="Too many"):
        _reserve(throttle, 1, client="1.2.4.1")
    _reserve(throttle, 1, client="1.2.4.1", account="ann")


def test_what_did_not_fail_does_not_count() -> None:
    throttle = Throttle(Clock())
    for _ in range(100):
        _reserve(throttle, 1)
        throttle.take_back(client="1.2.3.4", account="owner")
    _reserve(throttle, 10)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:1.2.3.4", "1.2.3.4", True),
    ],
)
def test_a_network_of_ipv6_is_one_client(one: str, other: str, same: bool) -> None:
    throttle = Throttle(Clock())
    _reserve(throttle, 10, client=one)
    if same:
        with pytest.raises(InputError, match="Too many"):
            _reserve(throttle, 1, client=other)
    else:
        _reserve(throttle, 1, client=other)


def test_a_flood_of_addresses_does_not_fill_the_memory() -> None:
    throttle = Throttle(Clock())
    for number in range(25_000):
        throttle.reserve(client=f"client {number}", account=f"account {number}")
    assert len(throttle._attempts) <= 10_000
