"""Detect faces and masks: a decoded photo in, faces with label probabilities out."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.card import CHAMPION, Card, read_card
from core.detection.classifier import MaskClassifier
from core.detection.detector_card import DetectorCard
from core.detection.face import Box, DetectedFace, FoundFace, to_probabilities
from core.detection.face_detector import open_detector
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.yunet import BOX, LANDMARKS, SCORE

#: Part of the detector's key; raise it when a code change gives other boxes with the same files and options.
PIPELINE = "4"
#: A face's box is this many times as wide and as high as YuNet's, which ends before ears and hairline; a
#: one-pass detector learns from YuNet's.
GROWTH = 1.1
#: Boxes with a shorter side, in pixels after clipping to the photo, are dropped.
LEAST_SIDE = 2.0

DEFAULT_OPTIONS = DetectionOptions()


class FaceMaskDetector:
    """Load it once a process. Finding and classifying are separate, so that found faces can be reused.

    Two detectors with the same `detector_key` find the same faces, whatever their classifier;
    `classifier_sha256` identifies the classifier. Raises PermanentError when a file is missing or damaged.
    """

    def __init__(
        self,
        weights: Path,
        *,
        options: DetectionOptions = DEFAULT_OPTIONS,
        classifier: Path | Card = CHAMPION,
        detector: Path | DetectorCard | None = None,
        threads: int = 1,
        gpu: bool = False,
    ) -> None:
        """`weights` is the folder with YuNet's file, `classifier` a card or a folder with one.

        `detector` is another face detector, by its card or its folder, which then finds the faces in place of
        YuNet.
        `gpu` has YuNet find them on a GPU where ONNX Runtime can: the same faces, up to rounding.
        """
        card = classifier if isinstance(classifier, Card) else read_card(classifier)
        self._finder = open_detector(detector, weights, options, threads=threads, gpu=gpu)
        self._classifier = MaskClassifier(card, threads=threads)
        file = self._finder.file_hash[:12]
        self.detector_key = f"{self._finder.name}-{PIPELINE}-{file}-{options.key}"
        self.classifier_sha256 = card.classifier.sha256

    def find_faces(self, photo: DecodedPhoto) -> list[FoundFace]:
        """Find faces, highest score first; boxes are clipped to the photo, in full-size pixels."""
        rows = self._finder.find(photo)
        boxes = face_boxes(rows, width=photo.width, height=photo.height)
        visible = (boxes[:, 2:] - boxes[:, :2] >= LEAST_SIDE).all(axis=1)
        return [_found(box, row) for box, row in zip(boxes[visible], rows[visible], strict=True)]

    def classify(self, photo: DecodedPhoto, faces: Sequence[FoundFace]) -> NDArray[np.float32]:
        """Calibrated probabilities float32 (n, 4) of faces of this photo, in the order of `Label`.

        NaN stands for a label that the classifier does not predict.
        """
        corners = [(face.box.x1, face.box.y1, face.box.x2, face.box.y2) for face in faces]
        boxes = np.array(corners, np.float32).reshape(-1, 4) * photo.scale
        return self._classifier.probabilities(photo.rgb, boxes)

    def detect(self, photo: DecodedPhoto) -> list[DetectedFace]:
        """Find and classify faces, including those whose most probable label is `not_a_face`."""
        faces = self.find_faces(photo)
        labelled = zip(faces, self.classify(photo, faces), strict=True)
        return [DetectedFace(found=face, probabilities=to_probabilities(row)) for face, row in labelled]


def face_boxes(rows: NDArray[np.float32], *, width: int, height: int) -> NDArray[np.float32]:
    """The boxes (n, 4) of candidate rows (n, 16), forehead to chin and ear to ear, clipped to the photo."""
    boxes = rows[:, BOX]
    growth = np.tile((boxes[:, 2:] - boxes[:, :2]) * np.float32((GROWTH - 1) / 2), 2)
    grown = boxes + growth * np.array([-1, -1, 1, 1], np.float32)
    return np.clip(grown, 0, np.array([width, height] * 2, np.float32))


def _found(box: NDArray[np.float32], row: NDArray[np.float32]) -> FoundFace:
    x1, y1, x2, y2 = box.tolist()
    points = row[LANDMARKS].reshape(5, 2)
    landmarks = () if np.isnan(points).any() else tuple((x, y) for x, y in points.tolist())
    return FoundFace(box=Box(x1=x1, y1=y1, x2=x2, y2=y2), landmarks=landmarks, score=float(row[SCORE]))
