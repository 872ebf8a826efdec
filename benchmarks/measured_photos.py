"""Photos with Pascal VOC annotations, measured with the detector: truth beside detections."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
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
from models.label import Label


def of_split(photos: Iterable[AnnotatedPhoto], classifier: Path, split: str) -> list[AnnotatedPhoto]:
    """The photos that a classifier's card lists under a split. Raises InputError split_unknown."""
    card = json.loads((classifier / CARD_FILE).read_text(encoding="utf-8"))
    if "photos" not in card["data"]:
        raise InputError("split_unknown", "The classifier's card does not name the photos of its splits.")
    chosen = set(card["data"]["photos"][split])
    return [photo for photo in photos if photo.path.name in chosen]


#: Labels that were found wrong by eye: by the SHA-256 of a photo's file, the number of its box and the label.
CORRECTIONS = Path(__file__).parent / "label_corrections.json"


def corrected(photos: Iterable[AnnotatedPhoto], corrections: Path = CORRECTIONS) -> Iterator[AnnotatedPhoto]:
    """The photos with the labels that a person corrected; boxes are numbered from 0."""
    known: dict[str, dict[str, str]] = json.loads(corrections.read_text(encoding="utf-8"))
    for photo in photos:
        right = known.get(hashlib.sha256(photo.path.read_bytes()).hexdigest(), {})
        labels = (Label(right.get(str(box), label)) for box, label in enumerate(photo.labels))
        yield replace(photo, labels=tuple(labels))


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
