"""Write a report file: choose the writer, count the rows, compare the counts with the job."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from core.results.reports.queries import SLICE_PHOTOS
from core.results.reports.report_file import FormatWriter, OpenBytes, Output, digest_of, replace_file
from core.results.reports.rows import JobView, PhotoRow
from core.results.reports.summary import Summary
from models.report import ReportFormat

#: `progress` is called at least this often, in seconds.
_PROGRESS_SECONDS = 1.0

# By name, so that a worker that writes CSV does not import pyarrow.
_WRITERS: dict[ReportFormat, tuple[str, str]] = {
    ReportFormat.FACES_CSV: ("core.results.reports.csv_files", "write_faces_csv"),
    ReportFormat.PHOTOS_CSV: ("core.results.reports.csv_files", "write_photos_csv"),
    ReportFormat.JSON_LINES: ("core.results.reports.json_lines", "write_json_lines"),
    ReportFormat.FACES_PARQUET: ("core.results.reports.parquet", "write_faces_parquet"),
    ReportFormat.PHOTOS_PARQUET: ("core.results.reports.parquet", "write_photos_parquet"),
    ReportFormat.HTML: ("core.results.reports.html_page", "write_html_page"),
    ReportFormat.ANNOTATED_ZIP: ("core.results.reports.annotated_zip", "write_annotated_zip"),
}


@dataclass(frozen=True, kw_only=True)
class WrittenReport:
    """A finished report file."""

    path: Path
    bytes: int
    sha256: str
    #: Number of faces in formats of faces, else of files of the job.
    rows: int
    summary: Summary


def write_report(
    fmt: ReportFormat,
    job: JobView,
    rows: Iterator[PhotoRow],
    out: Path,
    *,
    progress: Callable[[int], None],
    open_bytes: OpenBytes | None = None,
) -> WrittenReport:
    """Write `rows` to `out` in the format, atomically.

    `progress` gets the files of the job read so far, every slice or second, and once more at the end; what it
    raises stops the writing. `open_bytes` gives the annotated zip its photos, the page its thumbnails.

    Raises TransientError disk_full, PermanentError report_mismatch, report_not_written, photos_not_given.
    """
    writer = _writer(fmt)
    summary, left_out = Summary(), Summary()
    with replace_file(out) as file:
        shown = _without_hidden(rows, summary, left_out) if job.leave_out_hidden else rows
        counted = _counted(shown, summary, progress)
        written = writer(Output(file=file, job=job, rows=counted, summary=summary, open_bytes=open_bytes))
        summary.check(job.counts, left_out.counts)
    return WrittenReport(
        path=out, bytes=out.stat().st_size, sha256=digest_of(out), rows=written, summary=summary
    )


def _writer(fmt: ReportFormat) -> FormatWriter:
    module, name = _WRITERS[fmt]
    writer: FormatWriter = getattr(import_module(module), name)
    return writer


def _without_hidden(rows: Iterator[PhotoRow], summary: Summary, left_out: Summary) -> Iterator[PhotoRow]:
    """Skip hidden photos; their counts are kept for the comparison with the job's counters."""
    for row in rows:
        if row.hidden:
            left_out.add(row)
            summary.left_out += 1
        else:
            yield row


def _counted(
    rows: Iterator[PhotoRow], summary: Summary, progress: Callable[[int], None]
) -> Iterator[PhotoRow]:
    """Count the rows while they are read, and report progress."""
    reported_at = time.monotonic()
    for row in rows:
        summary.add(row)
        yield row
        if summary.photos % SLICE_PHOTOS == 0 or time.monotonic() - reported_at >= _PROGRESS_SECONDS:
            progress(summary.photos)
            reported_at = time.monotonic()
    progress(summary.photos)
