"""report.jsonl: a line for the job, a line per file with its faces, and a last line with totals."""

import json
from dataclasses import asdict
from typing import Any

from core.labels.final_label import COUNTED_LABELS
from core.results.reports.csv_files import NAME_COLUMN, decided_at
from core.results.reports.report_file import FormatWriter, Output
from core.results.reports.rows import FaceBox, FaceRow, JobView, PhotoRow
from core.results.reports.summary import Summary
from models.label import Label

#: Increased when a field changes its meaning or is removed, not for new fields.
FORMAT_VERSION = 2


class JsonLines(FormatWriter):
    """The lines as ASCII, so that no reader splits them at Unicode separators; rows are photo lines."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._write(job_line(output.job))

    def add(self, photo: PhotoRow) -> None:
        """Write the line of one file."""
        self._write(photo_line(photo, names_people=self.output.job.names_people))
        self.rows += 1

    def finish(self) -> None:
        """Write the last line, with the totals."""
        self._write(sums_line(self.output.summary))

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=True, separators=(",", ":"))
        self.output.file.write(text.encode("ascii") + b"\n")


def sums_line(summary: Summary) -> dict[str, Any]:
    """The last line: photos, faces by final label, and under `predicted` what the job's counters hold."""
    predicted = asdict(summary.predicted_counts)
    photos = {name: predicted.pop(name) for name in ("photos", "photos_done", "photos_failed")}
    return {
        "kind": "sums",
        **photos,
        "photos_without_face": summary.photos_without_face,
        **{label.value: summary.labels[label] for label in COUNTED_LABELS},
        "faces": summary.faces,
        "hidden_left_out": summary.left_out,
        "predicted": predicted,
        "faces_decided": summary.decided,
        "faces_drawn": summary.boxes[FaceBox.DRAWN],
        "faces_removed": summary.removed,
    }


def job_line(job: JobView) -> dict[str, Any]:
    """The first line: the job, its options, and the models."""
    return {
        "kind": "job",
        "format": "maskloop-report",
        "format_version": FORMAT_VERSION,
        "job": job.job_id,
        "title": job.title,
        "folder": job.folder,
        "selection": None if job.selection is None else job.selection.to_json(),
        "started_by": job.started_by,
        "created_at": job.created_at.isoformat(),
        "read_at": job.read_at.isoformat(),
        "classifier_version": None if job.classifier is None else job.classifier.name,
        "classifier_sha256": None if job.classifier is None else job.classifier.sha256,
        "detector_key": job.detector_key,
        "smallest_face": job.smallest_face,
        "indeterminate_below": job.indeterminate_below,
        "files_ignored": job.files_ignored,
        "files_skipped": job.skipped.to_json(),
    }


def photo_line(photo: PhotoRow, *, names_people: bool = False) -> dict[str, Any]:
    """One file; `name_hex` holds the bytes of a name that is not UTF-8."""
    line: dict[str, Any] = {
        "kind": "photo",
        "position": photo.position,
        "photo": photo.name,
        "source": photo.place,
        "state": photo.state.value,
        "sha256": photo.sha256,
        "width": photo.width,
        "height": photo.height,
        "format": photo.format,
        "frames": photo.frames,
        "error_code": photo.error_code,
        "error_message": photo.error_message,
        "note": photo.note,
        "hidden": photo.hidden,
        "least_confidence": photo.least_confidence,
        "origin": photo.source,
        "licence": photo.licence,
        "licence_url": photo.credit.licence_url if photo.credit else None,
        "creator": photo.credit.creator if photo.credit else None,
        "page": photo.credit.page_url if photo.credit else None,
        "attribution": photo.attribution,
        "faces": [face_fields(face, names_people=names_people) for face in photo.faces],
    }
    if photo.name.encode("utf-8", "surrogateescape") != photo.locator:
        line["name_hex"] = photo.locator.hex()
    return line


def face_fields(face: FaceRow, *, names_people: bool = False) -> dict[str, Any]:
    """A face as every JSON output writes it; `label` is the final label too."""
    fields: dict[str, Any] = {
        "face_id": face.face_id,
        "box": [round(value, 2) for value in (face.x1, face.y1, face.x2, face.y2)],
        "box_from": face.box.value,
        "label": face.final.value,
        "predicted_label": face.predicted and face.predicted.value,
        "decided_label": face.decided and face.decided.label.value,
        "final_label": face.final.value,
        "decided_at": decided_at(face),
        "score": face.score,
        "probabilities": probabilities_by_label(face),
        "detector_score": face.detector_score,
        "rank_score": face.rank_score,
    }
    return fields | {NAME_COLUMN: face.decided_by} if names_people else fields


def probabilities_by_label(face: FaceRow) -> dict[str, float | None] | None:
    """Probabilities by label, None for one that is not predicted; None without a prediction."""
    if not face.probabilities:
        return None
    return {label.value: value for label, value in zip(Label, face.probabilities, strict=True)}
