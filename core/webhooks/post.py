"""Send one message to its receiver: one POST without redirects, within an absolute time."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError

from core.crawl.fetcher import wrap_network_errors
from core.crawl.politeness import read_retry_after
from core.crawl.time_limit import TimeLimit
from core.errors import MaskloopError

_CONNECT_SECONDS = 10.0
_GONE = 410
#: Of an answer that is no success, so much is kept for the log.
_SHOWN_BYTES = 200


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one attempt."""

    #: HTTP status; None where there was no answer.
    status: int | None
    milliseconds: int
    #: Why it failed; empty for a success.
    error: str = ""
    #: Seconds that the receiver asks for.
    retry_after: float | None = None

    @property
    def is_delivered(self) -> bool:
        """Any status 2xx is a success."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        """The receiver wants no more messages."""
        return self.status == _GONE


def post_message(
    pools: PoolManager,
    url: str,
    body: str,
    headers: Mapping[str, str],
    *,
    seconds: float,
    check: Callable[[], None] = lambda: None,
) -> Outcome:
    """Send the body as JSON; `seconds` are for everything from the name lookup to the end of the answer.

    `check` is called several times a second and may raise, which ends the attempt. A redirect is a failure:
    it would lead around the check of the address.
    """
    began = time.monotonic()
    limit = TimeLimit(seconds=seconds, header_seconds=seconds, check=check)
    try:
        with wrap_network_errors(url), limit.request():
            answer = pools.request(
                "POST",
                url,
                body=body.encode(),
                headers={"Content-Type": "application/json", "Connection": "close", **headers},
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=Timeout(connect=min(_CONNECT_SECONDS, seconds), read=seconds),
            )
            try:
                return _outcome(answer, began)
            finally:
                answer.close()
    except MaskloopError as error:
        return Outcome(status=None, milliseconds=_since(began), error=error.message)


def _outcome(answer: BaseHTTPResponse, began: float) -> Outcome:
    outcome = Outcome(status=answer.status, milliseconds=_since(began))
    if outcome.is_delivered:
        return outcome
    return Outcome(
        status=answer.status,
        milliseconds=outcome.milliseconds,
        error=f"The receiver answered {answer.status}. {_excerpt(answer)}".strip(),
        retry_after=read_retry_after(answer.headers.get("retry-after"), datetime.now(UTC)),
    )


def _excerpt(answer: BaseHTTPResponse) -> str:
    """The beginning of the answer as one line; empty where it does not arrive."""
    try:
        text = answer.read1(_SHOWN_BYTES).decode("utf-8", "replace")
    except (HTTPError, MaskloopError, OSError):
        return ""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _since(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
