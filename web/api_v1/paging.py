"""Cursors of long lists: opaque, so that what they are made of can change."""

import base64
import binascii

from core.errors import InputError

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


def _invalid() -> InputError:
    return InputError("cursor_invalid", "Use the cursor “next” of an earlier answer as it is.")
