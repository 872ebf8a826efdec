"""How many requests a token, or an address without one, may send in a minute; counted for all web processes.

The counts are kept in the broker, in windows that slide. While it cannot be reached each process counts for
itself, and no request fails for it.
"""

import math
import threading
import time
from dataclasses import dataclass
from typing import Any

import structlog
from flask import Flask, Response, current_app, g, request
from limits import RateLimitItemPerMinute
from limits.errors import ConfigurationError
from limits.storage import MemoryStorage, RedisStorage, Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

from core.errors import InputError
from core.number_text import number
from core.settings import Settings
from core.sign_in_attempts import client_network
from web.api_v1.rate_storage import OneRequestStorage

log = structlog.get_logger()

_WINDOW_SECONDS = 60
#: The broker answers in a fraction of a millisecond; a request waits no longer for one that does not.
_PATIENCE_SECONDS = 0.25
#: So long it is not asked again after a failure.
_PAUSE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True)
class Budget:
    """What is left of one limit after a request."""

    #: What is counted: `token` or `address`.
    policy: str
    limit: int
    left: int
    #: Until there is more.
    seconds: int
    allowed: bool


class RateLimits:
    """Counts requests, in the broker where it can be reached."""

    def __init__(self, settings: Settings) -> None:
        self._limits = {"token": settings.api_rate, "address": settings.api_rate_anonymous}
        self._own = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = _open_shared(settings)
        self._lock = threading.Lock()
        #: Before this moment the broker is not asked; None while it answers.
        self._ask_at: float | None = None

    def count(self, policy: str, who: str) -> Budget | None:
        """Count a request; None where there is no limit."""
        limit = self._limits[policy]
        if not limit:
            return None
        item = RateLimitItemPerMinute(limit, namespace="maskloop-api")
        if self._shared is not None and self._may_ask():
            try:
                budget = _count(self._shared, item, policy, who)
            except (RedisError, OSError) as error:
                self._note_failure(error)
            else:
                self._note_success()
                return budget
        return _count(self._own, item, policy, who)

    def _may_ask(self) -> bool:
        return self._ask_at is None or time.monotonic() >= self._ask_at

    def _note_failure(self, error: Exception) -> None:
        with self._lock:
            is_news, self._ask_at = self._ask_at is None, time.monotonic() + _PAUSE_SECONDS
        if is_news:
            log.warning("rate_limits_not_shared", error=str(error))

    def _note_success(self) -> None:
        if self._ask_at is None:
            return
        with self._lock:
            is_news, self._ask_at = self._ask_at is not None, None
        if is_news:
            log.info("rate_limits_shared_again")


def announce_limits(app: Flask) -> None:
    """Say in the headers of each answer of the API what is left."""
    app.after_request(_add_headers)


def count_token(token_id: int) -> None:
    """Count a request of a token; raises InputError rate_limited."""
    _check(_limits().count("token", str(token_id)))


def count_address() -> None:
    """Count a request without a valid token by its address; raises InputError rate_limited."""
    _check(_limits().count("address", client_network(request.remote_addr or "")))


def _limits() -> RateLimits:
    limits: RateLimits = current_app.extensions["rate_limits"]
    return limits


def _check(budget: Budget | None) -> None:
    g.rate_budget = budget
    if budget is not None and not budget.allowed:
        whose = "The token" if budget.policy == "token" else "This address"
        raise InputError(
            "rate_limited",
            f"{whose} may send {number(budget.limit)} requests a minute. Wait {budget.seconds} s.",
        )


def _add_headers(response: Response) -> Response:
    """The fields of draft-ietf-httpapi-ratelimit-headers-10."""
    budget: Budget | None = g.get("rate_budget")
    if budget is not None:
        response.headers["RateLimit-Policy"] = f'"{budget.policy}";q={budget.limit};w={_WINDOW_SECONDS}'
        response.headers["RateLimit"] = f'"{budget.policy}";r={budget.left};t={budget.seconds}'
        if not budget.allowed:
            response.headers["Retry-After"] = str(budget.seconds)
    return response


def _count(
    limiter: SlidingWindowCounterRateLimiter, item: RateLimitItemPerMinute, policy: str, who: str
) -> Budget:
    allowed = limiter.hit(item, policy, who)
    window = limiter.get_window_stats(item, policy, who)
    return Budget(
        policy=policy,
        limit=item.amount,
        left=window.remaining,
        seconds=min(_WINDOW_SECONDS, max(1, math.ceil(window.reset_time - time.time()))),
        allowed=allowed,
    )


def _open_shared(settings: Settings) -> SlidingWindowCounterRateLimiter | None:
    """Counts in the broker; it connects at the first request. None where the broker can count nothing."""
    url = settings.broker.replace("redis+socket://", "redis+unix://", 1)
    try:
        return SlidingWindowCounterRateLimiter(_open_storage(url))
    except (ConfigurationError, ValueError, NotImplementedError) as error:
        log.warning("rate_limits_not_shared", error=str(error))
        return None


def _open_storage(url: str) -> Storage:
    options: dict[str, Any] = {
        "socket_timeout": _PATIENCE_SECONDS,
        "socket_connect_timeout": _PATIENCE_SECONDS,
        "retry": Retry(NoBackoff(), 0),
    }
    if url.partition("://")[0] in RedisStorage.STORAGE_SCHEME:
        return OneRequestStorage(url, **options)
    storage: Storage = storage_from_string(url, **options)  # type: ignore[assignment]
    return storage
