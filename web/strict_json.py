"""JSON from outside: what Python reads and no other program would is refused with its reason."""

import json
from typing import Any

from flask.json.provider import DefaultJSONProvider

from core.errors import InputError


class StrictJson(DefaultJSONProvider):
    """Reads bodies of requests; `loads` raises InputError json_invalid.

    Other readers take the first of two equal names, or the last, and no column of a database holds NaN, half
    of a surrogate pair, or NUL.
    """

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """The value; ValueError for what is not JSON at all."""
        try:
            value = json.loads(s, object_pairs_hook=_unique, parse_constant=_refuse_constant, **kwargs)
        except RecursionError as error:
            raise InputError("json_invalid", "The JSON is nested too deeply.") from error
        if b"\\u" in (s.encode("utf-8", "surrogatepass") if isinstance(s, str) else s):
            _check_text(value)
        return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError("json_invalid", f"The JSON has the name {twice[:80]!r} twice in one object.")
    return value


def _refuse_constant(name: str) -> Any:
    raise InputError("json_invalid", f"{name} is not JSON.")


def _check_text(value: Any) -> None:
    """Only escapes can write such characters: UTF-8 has no halves, and JSON no plain NUL."""
    text = json.dumps(value, ensure_ascii=False)
    if "\\u0000" in text.replace("\\\\", "") or any("\ud800" <= each <= "\udfff" for each in text):
        raise InputError("json_invalid", "The JSON contains a character that no text may contain.")
