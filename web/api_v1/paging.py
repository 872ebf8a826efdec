"""Cursors of long lists: opaque, so that what they are made of can change."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import TypeVar

from core.errors import InputError

RowT = TypeVar("RowT")
PlaceT = TypeVar("PlaceT")
#: Numbers of rows have fewer digits.
_DIGITS = 19


def cursor_of(number: int) -> str:
    """The cursor after the row with this number."""
    return base64.urlsafe_b64encode(f"v1:{number}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> int | None:
    """The number of the row; None without a cursor. Raises InputError cursor_invalid."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        version, _, number = base64.urlsafe_b64decode(padded.encode("ascii")).decode("ascii").partition(":")
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise _invalid() from error
    if version != "v1" or not number.isdigit() or len(number) >= _DIGITS:
        raise _invalid()
    return int(number)


def page_of(
    found: Sequence[RowT], limit: int, place: Callable[[RowT], str]
) -> tuple[Sequence[RowT], str | None]:
    """The rows of a page, of which one more than `limit` were read, and the cursor of the next page.

    `place` gives the cursor after a row.
    """
    shown = found[:limit]
    return shown, place(shown[-1]) if len(found) > limit else None


def text_cursor(*parts: str) -> str:
    """The cursor after a row whose place in the list is these texts, none with a colon."""
    return base64.urlsafe_b64encode(":".join(("v1", *parts)).encode()).decode().rstrip("=")


def read_text_cursor(cursor: str | None, read: Callable[..., PlaceT]) -> PlaceT | None:
    """The place of a cursor, which `read` makes of its texts; None without one. InputError cursor_invalid."""
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        version, *parts = base64.urlsafe_b64decode(padded.encode("ascii")).decode("ascii").split(":")
        if version == "v1":
            return read(*parts)
    except (binascii.Error, UnicodeError, ValueError, TypeError, OverflowError, OSError) as error:
        raise _invalid() from error
    raise _invalid()


def _invalid() -> InputError:
    return InputError("cursor_invalid", "Use the cursor “next” of an earlier answer as it is.")
