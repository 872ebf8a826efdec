"""Errors of the API as problems of RFC 9457, with the stable codes of every other error."""

import json

from flask import Response, request

PREFIX = "/api/v1"
CONTENT_TYPE = "application/problem+json"
#: Codes with an HTTP status of their own, besides those of `web.errors`.
STATUS = {
    "token_missing": 401,
    "token_refused": 401,
    "scope_missing": 403,
    "lead_needed": 403,
    "owner_needed": 403,
    "access_limited": 403,
    "lead_not_limited": 409,
    "idempotency_key_reused": 422,
    "json_expected": 415,
    "content_type_wrong": 415,
    "rate_limited": 429,
}
#: Address of the documentation of the codes, as the problem's type; it need not be reachable.
_TYPE = "urn:maskloop:error:{code}"


def problem(status: int, code: str, message: str) -> Response:
    """A problem: `type` and `code` are stable, `detail` is a sentence for people."""
    body = {
        "type": _TYPE.format(code=code),
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": message,
        "code": code,
    }
    response = Response(json.dumps(body), status=status, mimetype=CONTENT_TYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="maskloop"'
    response.headers["Cache-Control"] = "no-store"
    return response


def is_api_request() -> bool:
    """Whether the request is for the API, also at an address that does not exist."""
    return request.path == PREFIX or request.path.startswith(f"{PREFIX}/")
