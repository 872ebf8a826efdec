"""photos.csv: one line a file of the job, those that could not be read with their reason."""

from core.csv_text import csv_line
from core.labels.shown_label import ShownLabel
from core.results.reports.output import Output
from core.results.reports.rows import PhotoRow
from models.job_photo import JobPhotoState

COLUMNS = (
    "photo", "sha256", "width", "height", "format", "frames", "state", "faces",
    "with_mask", "without_mask", "incorrect", "indeterminate", "least_confidence",
    "error_code", "error_message", "note", "hidden", "position", "source", "licence", "attribution",
)  # fmt: skip


def write_photos_csv(output: Output) -> int:
    """Write the header and one line a file, in listing order."""
    output.file.write(csv_line(COLUMNS))
    lines = 0
    for photo in output.rows:
        output.file.write(csv_line(_values(photo)))
        lines += 1
    return lines


def _values(photo: PhotoRow) -> tuple[str | float | None, ...]:
    least = photo.least_confidence
    return (
        photo.name,
        photo.sha256,
        photo.width,
        photo.height,
        photo.format,
        photo.frames,
        photo.state.value,
        *_counts(photo),
        None if least is None else round(least, 6),
        photo.error_code,
        photo.error_message,
        photo.note,
        int(photo.hidden),
        photo.position,
        photo.source,
        photo.licence,
        photo.attribution,
    )


def _counts(photo: PhotoRow) -> tuple[int | None, ...]:
    """Faces in all and by label; empty where nobody could look, which is not the same as 0."""
    if photo.state is not JobPhotoState.DONE:
        return (None,) * (1 + len(ShownLabel))
    return (len(photo.faces), *(photo.count(label) for label in ShownLabel))
