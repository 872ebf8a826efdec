"""Write one report file of a job: pick the format, count the rows, hold the sums against the job."""

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

#: `progress` is called after so many seconds at the latest, for photos that take long to draw.
_PROGRESS_SECONDS = 1.0

# By name: a worker that writes CSV need not carry pyarrow in its memory.
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
    """A report file that lies under its final name."""

    path: Path
    bytes: int
    sha256: str
    #: Faces for the formats of faces, files of the job for the others.
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
    """Write `rows` to `out` in the format; the file appears there whole or not at all.

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
    """Pass over hidden photos; what they add up to is kept for holding the sums against the job's."""
    for row in rows:
        if row.hidden:
            left_out.add(row)
            summary.left_out += 1
        else:
            yield row


def _counted(
    rows: Iterator[PhotoRow], summary: Summary, progress: Callable[[int], None]
) -> Iterator[PhotoRow]:
    """Count the rows as they pass, and report progress at a steady pace."""
    told = time.monotonic()
    for row in rows:
        summary.add(row)
        yield row
        if summary.photos % SLICE_PHOTOS == 0 or time.monotonic() - told >= _PROGRESS_SECONDS:
            progress(summary.photos)
            told = time.monotonic()
    progress(summary.photos)
