"""One face that two detectors found is one face of a dataset, under its newest decision."""

from collections.abc import Sequence

from core.datasets.labels import FaceLabel
from core.detection.face import Box
from core.detection.geometry import SAME_FACE, overlap


def drop_found_again(faces: Sequence[FaceLabel]) -> list[FaceLabel]:
    """Those of one photo's faces that no newer decision, on another detector's box of the face, replaces."""
    kept: list[FaceLabel] = []
    for face in sorted(faces, key=lambda face: -face.decision_id):
        if not any(_is_same(face, newer) for newer in kept):
            kept.append(face)
    return kept


def _is_same(face: FaceLabel, newer: FaceLabel) -> bool:
    return face.detector_key != newer.detector_key and overlap(_box(face), _box(newer)) >= SAME_FACE


def _box(face: FaceLabel) -> Box:
    x1, y1, x2, y2 = face.box
    return Box(x1=x1, y1=y1, x2=x2, y2=y2)
