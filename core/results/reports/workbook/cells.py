"""A value in a cell of its own type: no text is ever taken for a number, a formula, a link or XML."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from html import escape
from typing import Self

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

Value = str | int | float | datetime | None

#: UTF-16 units that a cell can hold.
MAX_TEXT = 32_767

#: What XML cannot hold.
_NOT_XML = re.compile("[\ud800-\udfff\ufffe\uffff]")
#: What XlsxWriter takes for the XML of a rich string.
_RICH = re.compile(r"<r>.*</r>", re.DOTALL)
#: Longest text that is still short enough after each of its characters was escaped.
_MAX_ESCAPED = 6_000


@dataclass(frozen=True, kw_only=True)
class CellFormats:
    """How cells show their values. The codes have no language: each Excel shows them in its own."""

    number: Format
    count: Format
    percent: Format
    #: A percentage that stands beside texts.
    share: Format
    score: Format
    pixels: Format
    date: Format
    header: Format
    title: Format

    @classmethod
    def of(cls, book: Workbook) -> Self:
        """Add the formats to a workbook."""
        return cls(
            number=book.add_format({"num_format": "0"}),
            count=book.add_format({"num_format": "#,##0", "align": "left"}),
            percent=book.add_format({"num_format": "0.0%"}),
            share=book.add_format({"num_format": "0.0%", "align": "left"}),
            score=book.add_format({"num_format": "0.0000"}),
            pixels=book.add_format({"num_format": "0.00"}),
            date=book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss", "align": "left"}),
            header=book.add_format({"bold": True, "bottom": 1}),
            title=book.add_format({"bold": True, "font_size": 14}),
        )


def write_cell(sheet: Worksheet, row: int, column: int, value: Value, form: Format | None = None) -> None:
    """Write one value; None leaves the cell empty. Without `form` the cell looks like its column."""
    if isinstance(value, str):
        sheet.write_string(row, column, plain_text(value), form)
    elif isinstance(value, datetime):
        sheet.write_datetime(row, column, in_utc(value), form)
    elif value is not None:
        sheet.write_number(row, column, value, form)


def plain_text(text: str) -> str:
    """A text as XlsxWriter must get it: what XML forbids is replaced, what is too long is cut."""
    if not text.isascii():
        text = _NOT_XML.sub("\ufffd", text)
    if _RICH.fullmatch(text):
        # It would be written as XML unescaped: here it is the one run of a rich string.
        return f'<r><t xml:space="preserve">{escape(_cut(text, _MAX_ESCAPED), quote=False)}</t></r>'
    return _cut(text, MAX_TEXT)


def in_utc(value: datetime) -> datetime:
    """A time as a cell holds it, which has no zone."""
    return value.astimezone(UTC).replace(tzinfo=None)


def _cut(text: str, most: int) -> str:
    """Leave at most `most` UTF-16 units; a cut text ends with an ellipsis."""
    if len(text) <= most // 2:
        return text
    units = text.encode("utf-16-le")
    if len(units) <= 2 * most:
        return text
    return units[: 2 * (most - 1)].decode("utf-16-le", "ignore") + "\u2026"
