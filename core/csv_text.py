"""A line of a CSV file: RFC 4180, UTF-8 without byte order mark, no formula for a spreadsheet to run."""

import re
from collections.abc import Iterable

#: What a spreadsheet takes for the start of a formula, and the mark itself, so that taking one mark away
#: always gives the value back.
_GUARDED = ("=", "+", "-", "@", "\t", "\r", "\n", "'", "\uff1d", "\uff0b", "\uff0d", "\uff20")

#: Beside the characters of the RFC: the semicolon and the tab, at which some spreadsheets cut too.
_QUOTED = re.compile(r'[",;\t\r\n]|^ | $')


def csv_line(values: Iterable[str | float | None]) -> bytes:
    """The values as one line with CRLF; None is an empty field, text is guarded and quoted where needed."""
    return (",".join(map(_field, values)) + "\r\n").encode("utf-8")


def guard(text: str) -> str:
    """Put a ' before text that a spreadsheet would run as a formula, or that begins with a ' itself."""
    return f"'{text}" if text.startswith(_GUARDED) else text


def _field(value: str | float | None) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return repr(value)
    text = guard(value)
    return '"' + text.replace('"', '""') + '"' if _QUOTED.search(text) else text
