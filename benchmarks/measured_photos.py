"""Photos with Pascal VOC annotations, measured with the detector: truth beside detections."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from core.detection.card import CARD_FILE
from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.face import DetectedFace
from core.detection.options import DetectionOptions
from core.errors import InputError
from core.release.metrics import MeasuredPhoto
from core.release.voc import AnnotatedPhoto


def of_split(photos: Iterable[AnnotatedPhoto], classifier: Path, split: str) -> list[AnnotatedPhoto]:
    """The photos that a classifier's card lists under a split. Raises InputError split_unknown."""
    card = json.loads((classifier / CARD_FILE).read_text(encoding="utf-8"))
    if "photos" not in card["data"]:
        raise InputError("split_unknown", "The classifier's card does not name the photos of its splits.")
    chosen = set(card["data"]["photos"][split])
    return [photo for photo in photos if photo.path.name in chosen]


def measure(
    detector: FaceMaskDetector, options: DetectionOptions, photos: Iterable[AnnotatedPhoto]
) -> Iterator[MeasuredPhoto]:
    """Detect every photo; faces whose most probable label is `not_a_face` are kept."""
    cv2.setNumThreads(1)
    for photo in photos:
        decoded = decode_photo(photo.path.read_bytes(), min_scale=options.min_decode_scale)
        yield _measured(photo, detector.detect(decoded))


def _measured(photo: AnnotatedPhoto, faces: list[DetectedFace]) -> MeasuredPhoto:
    boxes = [(face.found.box.x1, face.found.box.y1, face.found.box.x2, face.found.box.y2) for face in faces]
    return MeasuredPhoto(
        truth=photo.boxes,
        labels=photo.labels,
        boxes=np.array(boxes).reshape(-1, 4),
        probabilities=np.array([face.probabilities for face in faces]).reshape(-1, 4),
        face_scores=np.array([face.found.score for face in faces]),
    )
