"""The sheet `groups`: photos, faces, and raw and corrected shares of each group."""

from xlsxwriter import Workbook

from core.results.reports.shares_view import SharesView
from core.results.reports.workbook.cells import CellFormats, write_cell

_WIDTHS = {"group": 28, "name": 28, "problem": 44}
_WIDTH = 13


class GroupsSheet:
    """Made second, so that it is the second sheet; written last."""

    def __init__(self, book: Workbook, formats: CellFormats) -> None:
        self._sheet, self._formats = book.add_worksheet("groups"), formats

    def write(self, shares: SharesView) -> None:
        """Write a row a group, and notes below."""
        for column, name in enumerate(shares.columns):
            is_share = name.endswith(("_share", "_95"))
            form = self._formats.percent if is_share else self._formats.number
            self._sheet.set_column(column, column, _WIDTHS.get(name, max(_WIDTH, len(name) + 3)), form)
            self._sheet.write_string(0, column, name, self._formats.header)
        for row, values in enumerate(shares.rows, start=1):
            for column, value in enumerate(values):
                write_cell(self._sheet, row, column, value)
        self._sheet.freeze_panes(1, 1)
        # The last row is the whole job, which no filter should hide.
        self._sheet.autofilter(0, 0, max(len(shares.rows) - 1, 1), len(shares.columns) - 1)
        for place, note in enumerate(shares.notes, start=len(shares.rows) + 2):
            self._sheet.write_string(place, 0, note)
