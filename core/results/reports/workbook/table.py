"""Rows under a header that stays in sight, with a filter, on as many sheets as they need."""

from collections.abc import Sequence
from datetime import datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from core.results.reports.workbook.cells import CellFormats, Value, write_cell

#: Rows of a sheet with its header.
MAX_ROWS = 1_048_576

#: Columns of ISO 8601 text whose cells are dates.
_DATES = frozenset({"decided_at"})
_PIXELS = frozenset({"x1", "y1", "x2", "y2"})
_SCORES = frozenset({"rank_score"})
_PERCENT = frozenset({"score", "not_a_face", "detector_score", "least_confidence"})
#: Probabilities in a table of faces, counts in one of photos.
_LABELS = frozenset({"with_mask", "without_mask", "incorrect"})
_WIDTHS = {"photo": 44, "source": 44, "attribution": 44, "error_message": 44, "note": 24, "sha256": 20}
_NARROWEST = 9
_DATE_WIDTH = 20


class Table:
    """One table of a workbook; further sheets are named `faces 2`, `faces 3` ..."""

    def __init__(
        self,
        book: Workbook,
        name: str,
        columns: Sequence[str],
        formats: CellFormats,
        *,
        of_faces: bool = False,
    ) -> None:
        self._book, self._name, self._columns, self._formats = book, name, columns, formats
        self._of_faces = of_faces
        self._dates = [index for index, column in enumerate(columns) if column in _DATES]
        self._sheets, self._row = 0, 0
        self._sheet = self._next_sheet()

    def add(self, values: Sequence[Value]) -> None:
        """Write one row, a value for each column."""
        if self._row + 1 == MAX_ROWS:
            self.end()
            self._sheet = self._next_sheet()
        self._row += 1
        for column, value in enumerate(self._with_dates(values)):
            if value != "":
                write_cell(self._sheet, self._row, column, value)

    def end(self) -> None:
        """Set the filter, now that the last row is known."""
        self._sheet.autofilter(0, 0, max(self._row, 1), len(self._columns) - 1)

    def _with_dates(self, values: Sequence[Value]) -> Sequence[Value]:
        if not self._dates:
            return values
        found = list(values)
        for index in self._dates:
            text = found[index]
            found[index] = datetime.fromisoformat(text) if isinstance(text, str) and text else None
        return found

    def _next_sheet(self) -> Worksheet:
        self._sheets, self._row = self._sheets + 1, 0
        sheet = self._book.add_worksheet(self._name if self._sheets == 1 else f"{self._name} {self._sheets}")
        for index, column in enumerate(self._columns):
            sheet.set_column(index, index, _width(column), self._format_of(column))
            sheet.write_string(0, index, column, self._formats.header)
        sheet.freeze_panes(1, 1)
        return sheet

    def _format_of(self, column: str) -> Format:
        if column in _PERCENT or (self._of_faces and column in _LABELS):
            return self._formats.percent
        if column in _DATES:
            return self._formats.date
        if column in _SCORES:
            return self._formats.score
        return self._formats.pixels if column in _PIXELS else self._formats.number


def _width(column: str) -> int:
    if column in _DATES:
        return _DATE_WIDTH
    return _WIDTHS.get(column, max(_NARROWEST, len(column) + 4))
