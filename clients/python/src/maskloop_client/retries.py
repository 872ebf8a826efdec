"""When a request is sent again, and after how long."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

#: The service did not handle the request: it can be sent again, whatever it asks for.
_NOT_HANDLED = frozenset({429, 503})
#: A proxy did not get the service's answer: what the request asked for may have been done.
_UNKNOWN = frozenset({502, 504})


@dataclass(frozen=True, kw_only=True)
class Retries:
    """How often a request is sent, and how long the pauses are, in seconds.

    Pauses double from `first_pause` to `longest_pause`, each shortened by chance so that many clients do not
    come back at once. `Retry-After` makes them longer; a request is not sent again if it asks for more
    than `longest_pause`.
    """

    attempts: int = 6
    first_pause: float = 0.5
    longest_pause: float = 60.0

    def after_error(self, error: httpx.TransportError, attempt: int, *, repeatable: bool) -> float | None:
        """Seconds until the request is sent again after no answer; None: not again.

        A request that is not `repeatable` is sent again only if the service cannot have had it.
        """
        never_sent = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
        hopeless = isinstance(error, httpx.UnsupportedProtocol)
        return self.pause_after(attempt) if (repeatable or never_sent) and not hopeless else None

    def after_answer(self, response: httpx.Response, attempt: int, *, repeatable: bool) -> float | None:
        """Seconds until the request is sent again after this answer; None: it is final."""
        status = response.status_code
        if status not in _NOT_HANDLED and not (repeatable and status in _UNKNOWN):
            return None
        asked = _read_retry_after(response)
        if asked is not None and asked > self.longest_pause:
            return None
        pause = self.pause_after(attempt)
        return pause if pause is None or asked is None else max(asked, pause)

    def pause_after(self, attempt: int) -> float | None:
        """Seconds of the pause after an attempt; None after the last one."""
        if attempt >= self.attempts:
            return None
        longest = min(self.longest_pause, self.first_pause * 2.0 ** (attempt - 1))
        return longest * random.uniform(0.5, 1.0)


def _read_retry_after(response: httpx.Response) -> float | None:
    """Seconds that the service asks for; None if it names none."""
    given = response.headers.get("Retry-After", "")
    if given.isdigit():
        return float(given)
    try:
        until = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(0.0, (until - datetime.now(UTC)).total_seconds()) if until.tzinfo else None
