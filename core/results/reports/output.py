"""What every writer of a report format is given."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from io import BufferedWriter
from typing import Protocol

from core.results.reports.job_view import JobView
from core.results.reports.rows import PhotoRow
from core.results.reports.summary import Summary

#: The bytes of a photo's file; raises MaskloopError such as file_gone or photo_changed.
OpenBytes = Callable[[PhotoRow], bytes]


@dataclass(frozen=True, kw_only=True)
class Output:
    """One report file in the making."""

    file: BufferedWriter
    job: JobView
    #: Each row is counted in `summary` before the writer gets it.
    rows: Iterator[PhotoRow]
    #: Whole once `rows` is used up.
    summary: Summary
    open_bytes: OpenBytes | None = None


class FormatWriter(Protocol):
    """Writes all rows of an output in one format and says how many rows the file has."""

    def __call__(self, output: Output, /) -> int:
        """Rows written."""
        ...
