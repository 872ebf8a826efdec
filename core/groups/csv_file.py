"""A group table as a CSV file, and as plain values for other files."""

from collections.abc import Iterator
from typing import Any

from core.csv_text import csv_line
from core.estimates.shares import PEOPLE
from core.groups.table import GroupRow, GroupTable
from models import Label

_OF_LABEL = ("faces", "raw_share", "corrected_share", "low_95", "high_95")
COLUMNS = (
    "group",
    "name",
    "kind",
    "photos",
    "photos_failed",
    "faces",
    "audited_faces",
    *(f"{label.value}_{name}" for label in PEOPLE for name in _OF_LABEL),
    "problem",
)


def group_values(row: GroupRow) -> tuple[Any, ...]:
    """The values of COLUMNS; shares are 0 to 1, None where they are unknown."""
    problem = row.share(Label.WITH_MASK).problem
    return (
        row.key,
        row.name,
        row.kind.value,
        row.photos,
        row.failed,
        row.faces,
        row.share(Label.WITH_MASK).audited,
        *(value for label in PEOPLE for value in _of_label(row, label)),
        problem,
    )


def _of_label(row: GroupRow, label: Label) -> tuple[int | float | None, ...]:
    share = row.share(label)
    return (row.having(label), share.raw, share.corrected, share.low, share.high)


def csv_lines(table: GroupTable) -> Iterator[bytes]:
    """The lines of the file; the last one is all photos together."""
    yield csv_line(COLUMNS)
    for row in (*table.rows, table.total):
        yield csv_line(group_values(row))
