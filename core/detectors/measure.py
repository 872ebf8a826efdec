"""Measure a face detector on photos whose faces are all boxed, as the gate compares two of them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.detector import face_boxes
from core.detection.face import overlaps
from core.detection.face_detector import FaceDetector
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.yunet import SCORE
from core.evaluation.average_precision import PhotoBoxes, SizeRange, average_precision, match
from core.versions.detectors.gate import DetectorMetrics, SizeRecall

#: AP counts doubtful candidates too.
MEASURED = DetectionOptions(score_threshold=0.1)
#: Boxes with at least this score are shown to the classifier by default; those on no face are false faces.
SHOWN_SCORE = DetectionOptions().score_threshold
LOOSE, STRICT = 0.3, 0.5
#: Ranges of sizes whose recall the gate looks at: lower bounds in pixels of the photo.
_SIZES = (0.0, 16.0, 32.0, 64.0, 128.0)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What a detector found on one photo, and what is there: corners in pixels of the photo."""

    truth: NDArray[np.float32]
    ignored: NDArray[np.float32]
    detected: NDArray[np.float32]
    scores: NDArray[np.float32]
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Truth:
    """A decoded photo with the boxes of its faces (n, 4), and boxes (m, 4) that do not count."""

    decoded: DecodedPhoto
    boxes: NDArray[np.float32]
    ignored: NDArray[np.float32]


def look(detector: FaceDetector, truth: Truth) -> Seen:
    """Find the faces of one photo; `seconds` is CPU time of this thread."""
    cv2.setNumThreads(1)
    start = time.thread_time()
    rows = detector.find(truth.decoded)
    seconds = time.thread_time() - start
    boxes = face_boxes(rows, width=truth.decoded.width, height=truth.decoded.height)
    return Seen(
        truth=truth.boxes, ignored=truth.ignored, detected=boxes, scores=rows[:, SCORE], seconds=seconds
    )


def metrics_of(photos: Sequence[Seen]) -> DetectorMetrics:
    """The metrics of a detector over all photos."""
    loose, strict = ([_counted(each, least) for each in photos] for least in (LOOSE, STRICT))
    found = average_precision([match(each, SizeRange(), LOOSE) for each in loose])
    exact = average_precision([match(each, SizeRange(), STRICT) for each in strict])
    return DetectorMetrics(
        ap_03=_known(found.average),
        ap_05=_known(exact.average),
        recall=_known(found.recall) if found.truth else None,
        sizes=tuple(_recall(loose, *bounds) for bounds in zip(_SIZES, (*_SIZES[1:], np.inf), strict=True)),
        false_faces=round(sum(map(_false_faces, loose)) / max(len(loose), 1), 3),
        milliseconds=round(1000 * float(np.median([each.seconds for each in photos])), 1) if photos else 0.0,
    )


def _counted(photo: Seen, least: float) -> PhotoBoxes:
    """Without what was found in an ignored box and on no true face."""
    middles = (photo.detected[:, None, :2] + photo.detected[:, None, 2:]) / 2
    within = (middles >= photo.ignored[None, :, :2]) & (middles <= photo.ignored[None, :, 2:])
    inside = np.any(np.all(within, axis=2), axis=1)
    on_face = np.zeros(len(photo.detected), bool)
    for box in photo.truth:
        on_face |= overlaps(box, photo.detected) >= least
    kept = ~inside | on_face
    return PhotoBoxes(truth=photo.truth, detected=photo.detected[kept], scores=photo.scores[kept])


def _recall(photos: Sequence[PhotoBoxes], low: float, high: float) -> SizeRecall:
    sizes = SizeRange(smallest=low, largest=high)
    found = average_precision([match(each, sizes, LOOSE) for each in photos])
    name = f"{low:g} px and more" if np.isinf(high) else f"{low:g} to {high:g} px"
    return SizeRecall(name=name, faces=found.truth, recall=_known(found.recall) if found.truth else None)


def _false_faces(photo: PhotoBoxes) -> int:
    shown = photo.scores >= SHOWN_SCORE
    sure = PhotoBoxes(truth=photo.truth, detected=photo.detected[shown], scores=photo.scores[shown])
    return int((~match(sure, SizeRange(), LOOSE).hits).sum())


def _known(value: float) -> float | None:
    return None if np.isnan(value) else round(value, 4)
