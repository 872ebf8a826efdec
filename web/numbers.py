"""Whole numbers in addresses and forms: ids, positions and sizes, none larger than a column holds."""

from typing import TypeVar

from flask import Flask, request
from werkzeug.routing import IntegerConverter

from core.errors import InputError
from core.number_text import number

_Default = TypeVar("_Default", int, None)

#: The largest id: the columns have 32 bits.
LARGEST = 2**31 - 1
_DIGITS = len(str(LARGEST))


class Id(IntegerConverter):
    """`<int:…>` in a path; what is no id of any row is a page that does not exist."""

    regex = rf"\d{{1,{_DIGITS}}}"

    def __init__(self, *args: object, **given: object) -> None:
        super().__init__(*args, **{"max": LARGEST, **given})  # type: ignore[arg-type]


def bound_numbers(app: Flask) -> None:
    """Bound every `<int:…>` of the app; call it before blueprints are registered."""
    app.url_map.converters["int"] = Id


def query_number(name: str, default: _Default = None) -> int | _Default:  # type: ignore[assignment]
    """The whole number of a query argument, `default` without one; InputError number_invalid."""
    return _read(name, request.args.get(name, ""), default)


def form_number(name: str, default: _Default = None) -> int | _Default:  # type: ignore[assignment]
    """The whole number of a form field, `default` without one; InputError number_invalid."""
    return _read(name, request.form.get(name, ""), default)


def _read(name: str, text: str, default: _Default) -> int | _Default:
    text = text.strip()
    if not text:
        return default
    try:
        # Python refuses to read thousands of digits, also with a ValueError.
        number = int(text)
    except ValueError as error:
        raise _invalid(name, text) from error
    if abs(number) > LARGEST:
        raise _invalid(name, text)
    return number


def _invalid(name: str, text: str) -> InputError:
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    return InputError(
        "number_invalid", f"{name} must be a whole number up to {number(LARGEST)}, not {shown}."
    )
