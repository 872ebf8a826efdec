"""Write faces.csv, one line per shown face, and photos.csv, one line per file of the job."""

from core.csv_text import csv_line
from core.labels.shown_label import ShownLabel
from core.results.reports.report_file import FormatWriter, Output
from core.results.reports.rows import FaceRow, JobView, PhotoRow
from models.job_photo import JobPhotoState

FACE_COLUMNS = (
    "photo", "x1", "y1", "x2", "y2", "label", "score",
    "with_mask", "without_mask", "incorrect", "not_a_face",
    "face_id", "detector_score", "sha256", "position", "classifier_version",
    "source", "licence", "attribution",
)  # fmt: skip


PHOTO_COLUMNS = (
    "photo", "sha256", "width", "height", "format", "frames", "state", "faces",
    "with_mask", "without_mask", "incorrect", "indeterminate", "least_confidence",
    "error_code", "error_message", "note", "hidden", "position", "source", "licence", "attribution",
)  # fmt: skip


class FacesCsv(FormatWriter):
    """A header and one line a face, in order of photo and falling detector score."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        output.file.write(csv_line(FACE_COLUMNS))

    def add(self, photo: PhotoRow) -> None:
        """Write the lines of a photo's faces."""
        for face in photo.faces:
            self.output.file.write(csv_line(_face_values(self.output.job, photo, face)))
        self.rows += len(photo.faces)


class PhotosCsv(FormatWriter):
    """A header and one line a file, in listing order."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        output.file.write(csv_line(PHOTO_COLUMNS))

    def add(self, photo: PhotoRow) -> None:
        """Write the line of one file."""
        self.output.file.write(csv_line(_photo_values(photo)))
        self.rows += 1


def _face_values(job: JobView, photo: PhotoRow, face: FaceRow) -> tuple[str | float | None, ...]:
    return (
        photo.name,
        round(face.x1, 2),
        round(face.y1, 2),
        round(face.x2, 2),
        round(face.y2, 2),
        face.label.value,
        round(face.score, 6),
        round(face.with_mask, 6),
        round(face.without_mask, 6),
        round(face.incorrect, 6),
        round(face.not_a_face, 6),
        face.face_id,
        round(face.detector_score, 6),
        photo.sha256,
        photo.position,
        job.classifier.name if job.classifier is not None else None,
        photo.source,
        photo.licence,
        photo.attribution,
    )


def _photo_values(photo: PhotoRow) -> tuple[str | float | None, ...]:
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
    """Counts of faces, in total and by label; empty, not 0, if the photo could not be read."""
    if photo.state is not JobPhotoState.DONE:
        return (None,) * (1 + len(ShownLabel))
    return (len(photo.faces), *(photo.count(label) for label in ShownLabel))
