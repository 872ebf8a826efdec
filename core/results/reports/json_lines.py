"""report.jsonl: a line for the job, a line per file with its faces, and a last line with totals."""

import json
from dataclasses import asdict
from typing import Any

from core.results.reports.report_file import FormatWriter, Output
from core.results.reports.rows import FaceRow, JobView, PhotoRow

#: Increased when a field changes its meaning or is removed, not for new fields.
FORMAT_VERSION = 1


class JsonLines(FormatWriter):
    """The lines as ASCII, so that no reader splits them at Unicode separators; rows are photo lines."""

    def __init__(self, output: Output) -> None:
        super().__init__(output)
        self._write(job_line(output.job))

    def add(self, photo: PhotoRow) -> None:
        """Write the line of one file."""
        self._write(photo_line(photo))
        self.rows += 1

    def finish(self) -> None:
        """Write the last line, with the totals."""
        summary = self.output.summary
        totals = {**asdict(summary.counts), "faces": summary.faces, "hidden_left_out": summary.left_out}
        self._write({"kind": "sums", **totals})

    def _write(self, line: dict[str, Any]) -> None:
        text = json.dumps(line, ensure_ascii=True, separators=(",", ":"))
        self.output.file.write(text.encode("ascii") + b"\n")


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


def photo_line(photo: PhotoRow) -> dict[str, Any]:
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
        "faces": [face_fields(face) for face in photo.faces],
    }
    if photo.name.encode("utf-8", "surrogateescape") != photo.locator:
        line["name_hex"] = photo.locator.hex()
    return line


def face_fields(face: FaceRow) -> dict[str, Any]:
    """A face as every JSON output writes it."""
    return {
        "face_id": face.face_id,
        "box": [round(value, 2) for value in (face.x1, face.y1, face.x2, face.y2)],
        "label": face.label.value,
        "score": face.score,
        "probabilities": {
            "with_mask": face.with_mask,
            "without_mask": face.without_mask,
            "incorrect": face.incorrect,
            "not_a_face": face.not_a_face,
        },
        "detector_score": face.detector_score,
    }
