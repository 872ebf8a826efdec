"""Headers in the OpenAPI document: those that every operation reads or answers, declared once."""

from typing import Any

_TEXT = {"schema": {"type": "string"}}
#: Headers of answers by name, and what they say.
_ANSWERED = {
    "ETag": "Send it as `If-None-Match`: an unchanged answer is 304 without a body.",
    "Location": "The address of what was created.",
    "RateLimit": 'Requests that are left, and seconds until there are more: `"token";r=5999;t=1`.',
    "RateLimit-Policy": 'The limit: `"token";q=6000;w=60` is 6,000 requests in 60 seconds.',
    "Retry-After": "Seconds to wait before the request is sent again.",
}
_IDEMPOTENCY_KEY = (
    "A text of the caller's own: sent again with it within a day, the request does nothing more, and the "
    "answer is about what the first one did."
)
_MAX_KEY = 128


def header_components() -> dict[str, Any]:
    """`components.headers`, which the answers of operations refer to."""
    return {name: {"description": words} | _TEXT for name, words in _ANSWERED.items()}


def name_headers(declared: dict[str, Any], method: str, *, repeatable: bool) -> None:
    """Add the headers of an operation to its description; `repeatable` ones take an `Idempotency-Key`."""
    if repeatable:
        key = {"type": "string", "minLength": 1, "maxLength": _MAX_KEY}
        named = {"name": "Idempotency-Key", "in": "header", "description": _IDEMPOTENCY_KEY, "schema": key}
        declared.setdefault("parameters", []).append(named)
    for status, response in declared["responses"].items():
        names = _names_of(int(status), method)
        if names:
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _names_of(status: int, method: str) -> list[str]:
    """The headers of an answer with this status; a service without limits has none of them."""
    limits = ["RateLimit", "RateLimit-Policy"]
    match status:
        case 200 if method == "get":
            return ["ETag", *limits]
        case 201 | 202:
            return ["Location", *limits]
        case 429:
            return ["Retry-After", *limits]
        case 503:
            return ["Retry-After"]
        case _:
            return limits if status < 300 else []
