"""A number of seats, held over all processes of the service: of cameras, and of photos that are tried.

A seat is kept by saying so now and then. That of a killed process is free again after some seconds.
"""

import secrets
import time
from contextlib import suppress
from types import TracebackType
from typing import Self

import redis

from core.live.wire import BROKER_ERRORS, broker_unreachable, open_broker
from core.settings import Settings

#: A seat is free again when nobody has kept it for so long.
SEAT_SECONDS = 15.0
_KEEP_SECONDS = 3.0
#: KEYS: the seats. ARGV: who, for how many seconds, most seats. Returns how many are taken, -1 for none free.
_TAKE = """
local clock = redis.call('TIME')
local now = clock[1] + clock[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if ARGV[1] ~= '' then
  if not redis.call('ZSCORE', KEYS[1], ARGV[1]) and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then
    return -1
  end
  redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1])
  redis.call('EXPIRE', KEYS[1], math.ceil(ARGV[2]) + 1)
end
return redis.call('ZCARD', KEYS[1])
"""


class Seat:
    """A seat that was taken; `keep` it while it is needed."""

    def __init__(self, seats: "Seats", name: str, who: str, *, taken: int) -> None:
        self._seats, self._name, self._who = seats, name, who
        #: Seats that were taken when it was last kept, this one among them.
        self.taken = taken
        self._kept_at = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def keep(self) -> None:
        """Call it often. A broker that is away takes no seat from anybody."""
        if time.monotonic() - self._kept_at < _KEEP_SECONDS:
            return
        self._kept_at = time.monotonic()
        with suppress(*BROKER_ERRORS):
            self.taken = self._seats.ask(self._name, self._who, most=1 << 30)

    def release(self) -> None:
        """Free the seat; where the broker is away, it is free in some seconds."""
        with suppress(*BROKER_ERRORS):
            self._seats.free(self._name, self._who)


class Seats:
    """Seats by name."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._client: redis.Redis | None = None

    def take(self, name: str, *, most: int) -> Seat | None:
        """A seat, None where all are taken. Raises TransientError broker_unreachable."""
        who = secrets.token_hex(8)
        try:
            taken = self.ask(name, who, most=most)
        except BROKER_ERRORS as error:
            raise broker_unreachable(error) from error
        return None if taken < 0 else Seat(self, name, who, taken=taken)

    def count(self, name: str) -> int:
        """Seats that are taken. Raises TransientError broker_unreachable."""
        try:
            return self.ask(name, "", most=0)
        except BROKER_ERRORS as error:
            raise broker_unreachable(error) from error

    def ask(self, name: str, who: str, *, most: int) -> int:
        """Seats that are taken, with one for `who`; -1 if there is none."""
        script = self._broker().register_script(_TAKE)
        return int(script(keys=[_key(name)], args=[who, SEAT_SECONDS, most]))

    def free(self, name: str, who: str) -> None:
        """Take the seat from `who`."""
        self._broker().zrem(_key(name), who)

    def _broker(self) -> redis.Redis:
        self._client = self._client or open_broker(self._settings)
        return self._client


def _key(name: str) -> str:
    return f"maskloop:seats:{name}"
