"""faces.csv: one line a shown face."""

from core.csv_text import csv_line
from core.results.reports.job_view import JobView
from core.results.reports.output import Output
from core.results.reports.rows import FaceRow, PhotoRow

COLUMNS = (
    "photo", "x1", "y1", "x2", "y2", "label", "score",
    "with_mask", "without_mask", "incorrect", "not_a_face",
    "face_id", "detector_score", "sha256", "position", "classifier_version",
    "source", "licence", "attribution",
)  # fmt: skip


def write_faces_csv(output: Output) -> int:
    """Write the header and one line a face, in order of photo and falling detector score."""
    output.file.write(csv_line(COLUMNS))
    lines = 0
    for photo in output.rows:
        for face in photo.faces:
            output.file.write(csv_line(_values(output.job, photo, face)))
        lines += len(photo.faces)
    return lines


def _values(job: JobView, photo: PhotoRow, face: FaceRow) -> tuple[str | float | None, ...]:
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
