"""Write a line of CSV: RFC 4180, UTF-8 without byte order mark, safe against spreadsheet formulas."""

import re
from collections.abc import Iterable

#: Characters that start a formula in a spreadsheet, and the guard itself, so that removing one guard always
#: restores the value.
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")

#: The characters of the RFC, and semicolon and tab, at which some spreadsheets split too.
_QUOTED = re.compile(r'[",;\t\r\n]|^ | $')


def csv_line(values: Iterable[str | float | None]) -> bytes:
    """The values as one line with CRLF; None is an empty field, text is guarded and quoted if needed."""
    return (",".join(map(_field, values)) + "\r\n").encode("utf-8")


def guard(text: str) -> str:
    """Prefix text with ' if a spreadsheet would run it as a formula, or if it starts with '."""
    return f"'{text}" if text.startswith(_GUARDED) else text


def _field(value: str | float | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return repr(value)
    text = guard(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
