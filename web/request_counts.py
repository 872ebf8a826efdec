"""Counts requests by route and duration; a thread adds them to the counters of the service."""

import threading
import time

import structlog
from flask import Flask, Response, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.system.metrics.counts import REQUEST_BOUNDS, Counts, Requests
from core.system.metrics.store import add_requests

log = structlog.get_logger()

_SECONDS = 10.0
#: Others are counted together, so that nobody makes counters by sending words.
_METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))


def new_request_counts() -> Counts[Requests]:
    """Counters at zero."""
    return Counts(REQUEST_BOUNDS)


def count_requests(app: Flask) -> None:
    """Count every request when its answer begins."""
    app.after_request(_count)


def _count(response: Response) -> Response:
    route = request.url_rule.rule if request.url_rule is not None else ""
    if request.endpoint == "static":
        # Without the hash of this release.
        route = "/static"
    method = request.method if request.method in _METHODS else "OTHER"
    seconds = time.monotonic() - g.get("began", time.monotonic())
    request_counts().note((route, method, f"{response.status_code // 100}xx"), seconds=seconds)
    return response


def request_counts() -> Counts[Requests]:
    """The counters of this process."""
    counts: Counts[Requests] = current_app.extensions["request_counts"]
    return counts


def write_counts(database: Database, counts: Counts[Requests]) -> None:
    """Add what was counted to the counters of the service; a database that is away costs nothing."""
    taken = counts.take()
    if not taken:
        return
    try:
        with database.write() as session:
            add_requests(session, taken)
    except SQLAlchemyError as error:
        counts.put_back(taken)
        log.warning("counts_not_written", error=str(error).splitlines()[0])


def keep_writing(app: Flask) -> None:
    """Write in a thread every few seconds, as long as this process lives."""
    database: Database = app.extensions["maskloop"].database
    counts: Counts[Requests] = app.extensions["request_counts"]

    def run() -> None:
        while True:
            time.sleep(_SECONDS)
            write_counts(database, counts)

    threading.Thread(target=run, name="request-counts", daemon=True).start()
