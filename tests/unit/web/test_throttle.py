"""Failed sign-ins are counted by key and forgotten in time."""

import pytest

from core.errors import InputError
from web.accounts.throttle import Throttle


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_ten_failures_close_the_door_for_five_minutes() -> None:
    clock = Clock()
    throttle = Throttle(clock)
    for _ in range(10):
        throttle.check("address", "name")
        throttle.note_failure("address", "name")
    with pytest.raises(InputError, match="Too many"):
        throttle.check("address", "another name")
    throttle.check("another address")
    clock.now = 301
    throttle.check("address", "name")


def test_a_flood_of_addresses_does_not_fill_the_memory() -> None:
    throttle = Throttle(Clock())
    for number in range(25_000):
        throttle.note_failure(f"address {number}")
    assert len(throttle._failures) <= 10_000
