"""Write report files in one pass over the rows: count the rows, and compare the counts with the job."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from importlib import import_module
from io import BufferedWriter
from pathlib import Path

from core.errors import MaskloopError, PermanentError
from core.item_errors import ItemErrors
from core.results.reports.queries import SLICE_PHOTOS
from core.results.reports.report_file import (
    FormatWriter,
    OpenBytes,
    Output,
    ReadContents,
    ReadCovers,
    WrittenReport,
    digest_of,
    no_covers,
    replace_file,
)
from core.results.reports.rows import JobView, PhotoRow
from core.results.reports.shares_view import ReadShares
from core.results.reports.summary import Summary
from models.report import ReportFormat

#: `progress` is called at least this often, in seconds.
_PROGRESS_SECONDS = 1.0

# By name, so that a worker that writes CSV does not import pyarrow.
_WRITERS: dict[ReportFormat, tuple[str, str]] = {
    ReportFormat.FACES_CSV: ("core.results.reports.csv_files", "FacesCsv"),
    ReportFormat.PHOTOS_CSV: ("core.results.reports.csv_files", "PhotosCsv"),
    ReportFormat.JSON_LINES: ("core.results.reports.json_lines", "JsonLines"),
    ReportFormat.FACES_PARQUET: ("core.results.reports.parquet", "FacesParquet"),
    ReportFormat.PHOTOS_PARQUET: ("core.results.reports.parquet", "PhotosParquet"),
    ReportFormat.XLSX: ("core.results.reports.workbook.writer", "XlsxWorkbook"),
    ReportFormat.HTML: ("core.results.reports.html_page", "HtmlPage"),
    ReportFormat.ANNOTATED_ZIP: ("core.results.reports.annotated_zip", "AnnotatedZip"),
    ReportFormat.EVIDENCE: ("core.results.reports.evidence_zip", "EvidenceZip"),
}


@dataclass(frozen=True, kw_only=True)
class WrittenReports:
    """What one pass over the rows wrote."""

    files: dict[ReportFormat, WrittenReport]
    #: Formats that could not be written, and why; the others are not lost for it.
    failed: dict[ReportFormat, MaskloopError]


def write_reports(
    places: Mapping[ReportFormat, Path],
    job: JobView,
    rows: Iterator[PhotoRow],
    *,
    progress: Callable[[int], None],
    open_bytes: OpenBytes | None = None,
    read_covers: ReadCovers = no_covers,
    read_shares: ReadShares | None = None,
    read_contents: ReadContents | None = None,
) -> WrittenReports:
    """Write `rows` in every format of `places` to its path, each file atomically.

    `progress` gets the files of the job read so far, every slice or second, and once more at the end; what it
    raises stops the writing. `open_bytes` gives the annotated zip its photos, the page its thumbnails;
    `read_covers` says what is hidden in them. `read_shares` is for files that show corrected shares,
    `read_contents` for the evidence pack.

    Raises PermanentError report_mismatch before any file is replaced, TransientError disk_full, and the error
    of the first file if none could be written.
    """
    summary, left_out = Summary(), Summary()
    finished: dict[ReportFormat, WrittenReport] = {}

    def make_output(file: BufferedWriter) -> Output:
        return Output(
            file=file,
            job=job,
            summary=summary,
            open_bytes=open_bytes,
            read_covers=read_covers,
            read_shares=read_shares,
            read_contents=read_contents,
            finished=finished,
        )

    with ExitStack() as stack:
        files = [
            stack.enter_context(_OpenFile(fmt, path, make_output, on_write=lambda: progress(summary.photos)))
            for fmt, path in places.items()
        ]
        shown = _without_hidden(rows, summary, left_out) if job.leave_out_hidden else rows
        for row in _counted(shown, summary, progress):
            for file in files:
                file.add(row)
        summary.check(job.counts, left_out.predicted_counts)
        for file in files:
            file.finish()
            if file.written is not None:
                finished[file.fmt] = file.written
        return _written(files)


def _written(files: Sequence["_OpenFile"]) -> WrittenReports:
    written = WrittenReports(
        files={file.fmt: file.written for file in files if file.written is not None},
        failed={file.fmt: file.error for file in files if file.error is not None},
    )
    if not written.files:
        for error in written.failed.values():
            raise error
    return written


class _OpenFile:
    """One file of a pass. Its own error ends it alone; an error of all, such as a full disk, is raised."""

    def __init__(
        self,
        fmt: ReportFormat,
        path: Path,
        make_output: Callable[[BufferedWriter], Output],
        *,
        on_write: Callable[[], None],
    ) -> None:
        self.fmt = fmt
        self.written: WrittenReport | None = None
        self.error: MaskloopError | None = None
        self._path, self._make_output, self._on_write = path, make_output, on_write
        self._stopped: Exception | None = None
        self._held = ExitStack()
        self._writer: FormatWriter | None = None

    def __enter__(self) -> "_OpenFile":
        self._guarded(self._open)
        return self

    def __exit__(self, *error: object) -> None:
        self._drop()

    def add(self, row: PhotoRow) -> None:
        """Write one row."""
        writer = self._writer
        if writer is not None:
            self._guarded(lambda: writer.add(row))

    def finish(self) -> None:
        """Write what follows the rows, and replace the earlier file."""
        writer = self._writer
        if writer is not None:
            self._guarded(lambda: self._put_in_place(writer))

    def _put_in_place(self, writer: FormatWriter) -> None:
        writer.finish()
        self._held.close()
        self.written = WrittenReport(
            path=self._path,
            bytes=self._path.stat().st_size,
            sha256=digest_of(self._path),
            rows=writer.rows,
            summary=writer.output.summary,
        )

    def _open(self) -> None:
        file = self._held.enter_context(replace_file(self._path, on_write=self._report_write))
        module, name = _WRITERS[self.fmt]
        writer_class: type[FormatWriter] = getattr(import_module(module), name)
        writer = writer_class(self._make_output(file))
        self._held.callback(writer.close)
        self._writer = writer

    def _report_write(self) -> None:
        """Report progress; what that raises is no fault of this file."""
        try:
            self._on_write()
        except Exception as error:
            self._stopped = error
            raise

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except PermanentError as error:
            self._give_up(error)
        except Exception as error:
            if self._stopped is not None:
                raise self._stopped from error
            self._give_up(ItemErrors().input_error(error, report=self.fmt.value))

    def _give_up(self, error: MaskloopError) -> None:
        self.error = error
        self._drop()

    def _drop(self) -> None:
        """Remove the unfinished file; nothing happens if it was put in place."""
        self._writer, self._on_write = None, lambda: None
        stopped = PermanentError("report_not_written", f"{self._path.name} was not finished.")
        self._held.__exit__(type(stopped), stopped, None)


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
