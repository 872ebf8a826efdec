"""The shares that report files show: of the job, and of its folders."""

from collections.abc import Callable
from functools import cache

from sqlalchemy.orm import Session

from core.estimates.shares import PEOPLE, Estimate
from core.groups.csv_file import COLUMNS, group_values
from core.groups.grouping import By, Grouping
from core.groups.table import GroupRow, group_table
from core.results.reports.shares_view import ReadShares, SharesView
from models import Job


def shares_reader(session: Session, job: Job, *, each: Callable[[], None] = lambda: None) -> ReadShares:
    """Reads the shares when first asked for, and keeps them; calls `each` for each slice of files."""

    @cache
    def read() -> SharesView:
        table = group_table(session, [job], Grouping(by=By.FOLDER), each=each)
        return SharesView(
            estimate=_estimate(table.total),
            grouped_by=By.FOLDER.words,
            columns=COLUMNS,
            rows=tuple(group_values(row) for row in (*table.rows, table.total)),
            notes=tuple(table.notes),
        )

    return read


def _estimate(total: GroupRow) -> Estimate:
    return Estimate(**{label.value: total.share(label) for label in PEOPLE})
