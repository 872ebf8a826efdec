"""The sheet `summary`: the job, its counts and shares, and a chart."""

from collections.abc import Iterator
from datetime import datetime

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from core.estimates.shares import Estimate
from core.labels.final_label import COUNTED_LABELS
from core.labels.shown_label import ShownLabel
from core.results.reports.annotation import LABEL_COLOURS
from core.results.reports.rows import FaceBox, JobView
from core.results.reports.shares_view import SharesView
from core.results.reports.summary import Summary
from core.results.reports.workbook.cells import CellFormats, Value, write_cell

#: Name, value, and share of the whole.
Line = tuple[str, Value, float | None]
_SHARE_HEADER = (
    "Shares among people", "raw share", "corrected share", "95% from", "95% to", "audited faces",
    "no interval because",
)  # fmt: skip
_WIDTHS = (32, 44, 16, 12, 12, 14)


class SummarySheet:
    """Made first, so that it is the first sheet; written last, once everything is counted."""

    def __init__(self, book: Workbook, formats: CellFormats) -> None:
        self._book, self._formats = book, formats
        self._sheet, self._row = book.add_worksheet("summary"), 0
        for column, width in enumerate(_WIDTHS):
            self._sheet.set_column(column, column, width)

    def write(self, job: JobView, summary: Summary, shares: SharesView | None) -> None:
        """Write every line, and a chart beside them."""
        self._sheet.write_string(0, 0, "Face-mask report", self._formats.title)
        self._row = 2
        self._block("Job", "", _job_lines(job))
        self._block("Files", "share", _file_lines(job, summary))
        labels = range(self._row + 2, self._row + 2 + len(COUNTED_LABELS))
        self._block("Faces by final label", "share", _final_lines(summary))
        self._add_chart(labels)
        if shares is not None:
            self._add_shares(shares.estimate)
        self._block("What the classifier alone found", "share", _predicted_lines(summary))
        self._block("What people did", "", _people_lines(summary))
        self._block("Files that could not be read", "share", _error_lines(summary))

    def _block(self, title: str, share: str, lines: Iterator[Line]) -> None:
        for column, text in enumerate((title, "", share)):
            self._sheet.write_string(self._row, column, text, self._formats.header)
        for name, value, part in lines:
            self._row += 1
            write_cell(self._sheet, self._row, 0, name)
            write_cell(self._sheet, self._row, 1, value, self._format_of(value))
            write_cell(self._sheet, self._row, 2, part, self._formats.share)
        self._row += 2

    def _add_shares(self, estimate: Estimate) -> None:
        """Shares of people, raw as predicted and corrected by the audit, with the ends of the interval."""
        for column, text in enumerate(_SHARE_HEADER):
            self._sheet.write_string(self._row, column, text, self._formats.header)
        for label, share in estimate:
            self._row += 1
            self._sheet.write_string(self._row, 0, label.value.replace("_", " ").capitalize())
            for column, part in enumerate((share.raw, share.corrected, share.low, share.high), start=1):
                write_cell(self._sheet, self._row, column, part, self._formats.share)
            write_cell(self._sheet, self._row, 5, share.audited, self._formats.count)
            write_cell(self._sheet, self._row, 6, share.problem)
        self._row += 2

    def _format_of(self, value: Value) -> Format | None:
        if isinstance(value, datetime):
            return self._formats.date
        if isinstance(value, float):
            return self._formats.share
        return self._formats.count if isinstance(value, int) else None

    def _add_chart(self, labels: range) -> None:
        """A bar a label, in the colours of the report's page; `labels` are the rows of the labels."""
        chart = self._book.add_chart({"type": "bar"})
        first, last = labels[0], labels[-1]
        colours = (LABEL_COLOURS[label] for label in COUNTED_LABELS)
        chart.add_series(
            {
                "name": "Faces",
                "categories": ["summary", first, 0, last, 0],
                "values": ["summary", first, 1, last, 1],
                "points": [{"fill": {"color": "#{:02x}{:02x}{:02x}".format(*colour)}} for colour in colours],
                "data_labels": {"value": True, "num_format": "#,##0"},
                "gap": 60,
            }
        )
        chart.set_title({"name": "Faces by final label", "name_font": {"size": 12}})
        chart.set_legend({"none": True})
        chart.set_y_axis({"reverse": True})
        chart.set_x_axis({"visible": False, "major_gridlines": {"visible": False}, "min": 0})
        self._sheet.insert_chart(2, len(_WIDTHS) + 1, chart)


def _job_lines(job: JobView) -> Iterator[Line]:
    yield "Job", job.job_id, None
    yield "Title", job.title, None
    yield "Photos from", job.folder or (job.selection.words if job.selection else "uploaded files"), None
    yield "Requested by", job.started_by or "a deleted account", None
    yield "Requested at (UTC)", job.created_at, None
    yield "Report of (UTC)", job.read_at, None
    yield "Classifier version", job.classifier.name if job.classifier else "none", None
    yield "Classifier file, SHA-256", job.classifier.sha256 if job.classifier else "none", None
    yield "Detector", job.detector_key or "none", None
    yield "Smallest face, pixels", job.smallest_face, None
    yield "Indeterminate below", job.indeterminate_below, None


def _file_lines(job: JobView, summary: Summary) -> Iterator[Line]:
    yield "Files", summary.photos, None
    yield "Photos read", summary.photos_done, _part(summary.photos_done, summary.photos)
    yield "Could not be read", summary.photos_failed, _part(summary.photos_failed, summary.photos)
    yield "Not processed", summary.photos_waiting, _part(summary.photos_waiting, summary.photos)
    without = summary.photos_without_face
    yield "Photos read without a face", without, _part(without, summary.photos_done)
    yield "Left out, hidden as duplicates", summary.left_out, None
    yield "Skipped by the listing", job.files_ignored, None


def _final_lines(summary: Summary) -> Iterator[Line]:
    yield "Faces", summary.faces, None
    for label in COUNTED_LABELS:
        count = summary.labels[label]
        yield label.words.capitalize(), count, _part(count, summary.faces)


def _predicted_lines(summary: Summary) -> Iterator[Line]:
    faces = summary.predicted.total()
    yield "Faces found", faces, None
    for label in ShownLabel:
        count = summary.predicted[label]
        yield label.words.capitalize(), count, _part(count, faces)


def _people_lines(summary: Summary) -> Iterator[Line]:
    yield "Faces decided", summary.decided, None
    yield "Boxes drawn", summary.boxes[FaceBox.DRAWN], None
    yield "Found boxes removed or replaced", summary.removed, None


def _error_lines(summary: Summary) -> Iterator[Line]:
    for code, count in summary.errors.most_common():
        yield code, count, _part(count, summary.photos)


def _part(count: int, whole: int) -> float | None:
    return count / whole if whole else None
