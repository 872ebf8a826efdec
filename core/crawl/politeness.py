"""The crawl policy, and what sites ask of crawlers by X-Robots-Tag, robots meta tags and Retry-After."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from core.errors import TransientError

#: Directives that forbid machine learning on a picture.
FORBIDDING = frozenset({"noai", "noimageai"})
_WORD = re.compile(r"[a-z][a-z0-9_-]*")
#: The longest Retry-After that is obeyed: a day.
LONGEST_RETRY_AFTER = 86_400.0


@dataclass(frozen=True, kw_only=True)
class CrawlPolicy:
    """The crawl policy: who we are, what we obey, how long we wait."""

    #: The first word of the user agent, which robots.txt matches.
    agent: str = "Maskloop"
    user_agent: str
    obey_robots: bool = True
    #: For the lookup of a name, for a connection, and for a TLS handshake.
    connect_seconds: float = 10.0
    #: Without a byte. The headers must be complete after this and `connect_seconds` together.
    read_seconds: float = 15.0
    #: For one address with its tries and redirects, however slowly bytes arrive; without waiting for slots.
    total_seconds: float = 60.0
    #: Bytes per second that a body must bring on average, from `read_seconds` on.
    least_rate: float = 1024.0

    def check_rate(self, received: int, seconds: float) -> None:
        """Raises TransientError answer_too_slow for a body that brings less than `least_rate`."""
        if seconds > self.read_seconds and received < self.least_rate * seconds:
            raise TransientError(
                "answer_too_slow", f"The reply brought {received:,} bytes in {seconds:.0f} s."
            )


def refuses_learning(value: str, agent: str) -> bool:
    """Whether a header or meta tag forbids machine learning; parts for other named crawlers do not count.

    `noai`, `noindex, noimageai`, `maskloop: noai` refuse; `otherbot: noai` does not.
    """
    is_for_us = True
    for part in value.lower().split(","):
        name, colon, rest = part.partition(":")
        if colon and _WORD.fullmatch(name.strip()):
            # A name applies to all directives after it, up to the next name.
            is_for_us = name.strip() == agent.lower()
            part = rest
        if is_for_us and part.strip() in FORBIDDING:
            return True
    return False


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds from a Retry-After header, a number or a date; None if it is neither."""
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and value.isdigit():
        return min(float(value), LONGEST_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_RETRY_AFTER)
