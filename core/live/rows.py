"""Faces that were just found as the rows that reports and drawings take."""

from collections.abc import Sequence

from core.detection.face import DetectedFace
from core.labels.shown_label import shown_label
from core.results.reports.rows import FaceRow


def face_rows(faces: Sequence[DetectedFace], *, indeterminate_below: float) -> tuple[FaceRow, ...]:
    """The faces that a report would show, numbered 1, 2, 3 ... in place of ids."""
    rows: list[FaceRow] = []
    for face in faces:
        label = shown_label(face.label, face.confidence, indeterminate_below)
        if label is None:
            continue
        with_mask, without_mask, incorrect, not_a_face = face.probabilities
        row = FaceRow(
            face_id=len(rows) + 1,
            **vars(face.found.box),
            label=label,
            score=face.confidence,
            with_mask=with_mask,
            without_mask=without_mask,
            incorrect=incorrect,
            not_a_face=not_a_face,
            detector_score=face.found.score,
        )
        rows.append(row)
    return tuple(rows)
