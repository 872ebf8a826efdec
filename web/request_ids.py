"""An id for each request: the one of the header `X-Request-ID`, or a new one; every log line carries it."""

import re
import uuid

import structlog
from flask import Flask, Response, g, request

HEADER = "X-Request-ID"
#: What proxies send: no blanks, nothing that a log or a terminal could take for something else.
_GOOD = re.compile(r"[A-Za-z0-9._~:+/=-]{1,128}")


def give_ids(app: Flask) -> None:
    """Bind the id to the log lines of the request and send it back; register it first."""
    app.before_request(_bind)
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
