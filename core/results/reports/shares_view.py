"""Raw and corrected shares with their intervals, of the job and of its groups, as report files show them."""

from collections.abc import Callable
from dataclasses import dataclass

from core.estimates.shares import Estimate


@dataclass(frozen=True, kw_only=True)
class SharesView:
    """What `core.groups` counted and `core.estimates` corrected, ready to be written."""

    #: Of the whole job.
    estimate: Estimate
    #: What the rows are, such as "folder".
    grouped_by: str
    columns: tuple[str, ...]
    #: A value for each column; the last row is the whole job.
    rows: tuple[tuple[str | int | float | None, ...], ...]
    #: What a reader must know, in sentences.
    notes: tuple[str, ...]


#: Counts and estimates them when it is called, once for all files of a pass.
ReadShares = Callable[[], SharesView]
