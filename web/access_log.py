"""The access log: one record for each request that somebody made."""

import time

import structlog
from flask import Flask, Response, g, request

from web.api_v1.problems import is_api_request

log = structlog.get_logger()

#: Asked for again and again by pages and monitors, and of no interest while they succeed.
_QUIET_ENDPOINTS = frozenset(("static", "api.health", "api.live", "api.ready", "api.metrics"))


def log_requests(app: Flask) -> None:
    """Log method, address, status, time and account of every request; answers of the API tell their time."""
    app.before_request(_note_start)
    app.after_request(_log)


def _note_start() -> None:
    g.began = time.monotonic()


def _log(response: Response) -> Response:
    milliseconds = 1000 * (time.monotonic() - g.get("began", time.monotonic()))
    if is_api_request():
        response.headers["Server-Timing"] = f"app;dur={milliseconds:.1f}"
    if response.status_code < 400 and _is_quiet():
        return response
    account = g.get("account")
    log.info(
        "request",
        method=request.method,
        address=_address(),
        status=response.status_code,
        milliseconds=round(milliseconds),
        account=account.name if account is not None else None,
        client=request.remote_addr,
    )
    return response


def _is_quiet() -> bool:
    return request.endpoint in _QUIET_ENDPOINTS or "Maskloop-Live" in request.headers


def _address() -> str:
    """The path; the rule where the path itself is a secret, as in sign-in links. Queries are left out."""
    if request.url_rule is not None and "secret" in (request.view_args or {}):
        return request.url_rule.rule
    return request.path
