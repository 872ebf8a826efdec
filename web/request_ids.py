"""An id for each request: the one of the header `X-Request-ID`, or a new one; every log line carries it."""

import re
import uuid
from functools import partial

import structlog
from flask import Flask, Response, g, request

from core.storage.calls import limit_tries

HEADER = "X-Request-ID"
#: What proxies send: no blanks, nothing that a log or a terminal could take for something else.
_GOOD = re.compile(r"[A-Za-z0-9._~:+/=-]{1,128}")


def give_ids(app: Flask) -> None:
    """Bind the id to the log lines of the request and send it back; register it first."""
    app.before_request(_bind)
    # A person waits, and so do others for the thread; a page that fails is loaded again.
    app.before_request(partial(limit_tries, 2))
    app.teardown_request(lambda _error: limit_tries(None))
    app.after_request(_send_back)


def _bind() -> None:
    given = request.headers.get(HEADER, "")
    g.request_id = given if _GOOD.fullmatch(given) else uuid.uuid4().hex
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request=g.request_id)


def _send_back(response: Response) -> Response:
    request_id = g.get("request_id")
    if request_id is not None:
        response.headers[HEADER] = request_id
        # Not earlier: what streams the body may log too.
        response.call_on_close(lambda: structlog.contextvars.unbind_contextvars("request"))
    return response
