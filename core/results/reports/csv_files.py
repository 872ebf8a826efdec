"""Write faces.csv, one line per shown face, and photos.csv, one line per file of the job."""

from core.csv_text import csv_line
from core.labels.final_label import COUNTED_LABELS, PredictedLabel
from core.labels.shown_label import ShownLabel
from core.results.reports.report_file import FormatWriter, Output
from core.results.reports.rows import FaceBox, FaceRow, JobView, PhotoRow
from models.job_photo import JobPhotoState
from models.label import Label

#: Faces that the job found, in total and by predicted label.
PREDICTED_COLUMNS = ("predicted_faces", *(f"predicted_{label.value}" for label in ShownLabel))

#: `label` is the final label too, under the name that older reports have.
FACE_COLUMNS = (
    "photo", "x1", "y1", "x2", "y2", "label", "score",
    "with_mask", "without_mask", "incorrect", "not_a_face",
    "face_id", "detector_score", "sha256", "position", "classifier_version",
    "source", "licence", "attribution",
    "box", "rank_score", "predicted_label", "decided_label", "final_label", "decided_at",
)  # fmt: skip
#: Only in a report that names people.
NAME_COLUMN = "decided_by"


PHOTO_COLUMNS = (
    "photo", "sha256", "width", "height", "format", "frames", "state", "faces",
    "with_mask", "without_mask", "incorrect", "indeterminate", "least_confidence",
    "error_code", "error_message", "note", "hidden", "position", "source", "licence", "attribution",
    "not_labelled", *PREDICTED_COLUMNS, "faces_decided", "faces_drawn", "faces_removed",
)  # fmt: skip


def face_columns(*, names_people: bool) -> tuple[str, ...]:
    """The columns of a table of faces."""
    return (*FACE_COLUMNS, NAME_COLUMN) if names_people else FACE_COLUMNS


class FacesCsv(FormatWriter):
    """A header and one line a face, in order of photo and falling detector score."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        output.file.write(csv_line(face_columns(names_people=output.job.names_people)))

    def add(self, photo: PhotoRow) -> None:
        """Write the lines of a photo's faces."""
        for face in photo.faces:
            self.output.file.write(csv_line(face_values(self.output.job, photo, face)))
        self.rows += len(photo.faces)


class PhotosCsv(FormatWriter):
    """A header and one line a file, in listing order."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        output.file.write(csv_line(PHOTO_COLUMNS))

    def add(self, photo: PhotoRow) -> None:
        """Write the line of one file."""
        self.output.file.write(csv_line(photo_values(photo)))
        self.rows += 1


def face_values(job: JobView, photo: PhotoRow, face: FaceRow) -> tuple[str | float | None, ...]:
    """The values of `face_columns`."""
    return (
        photo.name,
        round(face.x1, 2),
        round(face.y1, 2),
        round(face.x2, 2),
        round(face.y2, 2),
        face.final.value,
        _rounded(face.score),
        *(_rounded(probability) for probability in face.probabilities or (None,) * len(Label)),
        face.face_id,
        _rounded(face.detector_score),
        photo.sha256,
        photo.position,
        job.classifier.name if job.classifier is not None else None,
        photo.source,
        photo.licence,
        photo.attribution,
        face.box.value,
        _rounded(face.rank_score),
        face.predicted and face.predicted.value,
        face.decided.label.value if face.decided else None,
        face.final.value,
        decided_at(face),
        *((face.decided_by,) if job.names_people else ()),
    )


def decided_at(face: FaceRow) -> str | None:
    """When the face was decided, ISO 8601 in UTC; None for an undecided one."""
    if face.decided is None or face.decided.at is None:
        return None
    return face.decided.at.isoformat(timespec="seconds")


def photo_values(photo: PhotoRow) -> tuple[str | float | None, ...]:
    """The values of PHOTO_COLUMNS."""
    faces, *counts = photo_counts(photo)
    labels, (not_labelled, *others) = counts[: len(ShownLabel)], counts[len(ShownLabel) :]
    return (
        photo.name,
        photo.sha256,
        photo.width,
        photo.height,
        photo.format,
        photo.frames,
        photo.state.value,
        faces,
        *labels,
        _rounded(photo.least_confidence),
        photo.error_code,
        photo.error_message,
        photo.note,
        int(photo.hidden),
        photo.position,
        photo.source,
        photo.licence,
        photo.attribution,
        not_labelled,
        *others,
    )


def photo_counts(photo: PhotoRow) -> tuple[int | None, ...]:
    """Faces that count in total and by final label; found faces in total and by predicted label; decided,
    drawn and removed faces. Empty, not 0, if the photo could not be read.
    """
    if photo.state is not JobPhotoState.DONE:
        return (None,) * (1 + len(COUNTED_LABELS) + len(PREDICTED_COLUMNS) + 3)
    found = [face for face in photo.faces if face.is_found]
    return (
        len(photo.counted),
        *(photo.count(label) for label in COUNTED_LABELS),
        len(found),
        *(photo.count_predicted(PredictedLabel(label.value)) for label in ShownLabel),
        sum(face.decided is not None for face in photo.faces),
        sum(face.box is FaceBox.DRAWN for face in photo.faces),
        sum(face.box in (FaceBox.REMOVED, FaceBox.REPLACED) for face in photo.faces),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
