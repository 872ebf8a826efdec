"""Face detectors side by side on photos that people boxed: AP, recall and false faces, and time per photo."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass

import cv2

from core.detection.decode import decode_photo
from core.detection.detector import face_boxes
from core.detection.face_detector import FaceDetector
from core.detection.photo import DecodedPhoto
from core.detection.yunet import SCORE
from core.evaluation.average_precision import PhotoBoxes, SizeRange, average_precision, match
from core.release.detector.evaluate import OVERLAPS
from core.release.voc import AnnotatedPhoto

#: Candidates with at least this score count as false faces where there is none.
FALSE_SCORE = 0.5
SIZES = {"all": SizeRange(), "32": SizeRange(smallest=32.0)}


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Metrics of one detector on a set of photos."""

    #: By size and IoU: `ap_all_0.5`, `recall_32_0.3`; sizes in pixels of the photo.
    found: dict[str, float]
    #: Candidates a photo that are on no drawn box at IoU 0.3 and score at least 0.5.
    false_faces: float
    #: CPU time of finding alone, without decoding.
    milliseconds: float

    def as_json(self) -> dict[str, object]:
        """For a card."""
        return asdict(self)


def compare(detector: FaceDetector, photos: Sequence[AnnotatedPhoto]) -> Comparison:
    """Run a detector over photos; the first is run twice, since the first run of a network is slow."""
    cv2.setNumThreads(1)
    detector.find(_decoded(photos[0]))
    found, spent = [], 0.0
    for photo in photos:
        decoded = _decoded(photo)
        start = time.thread_time()
        rows = detector.find(decoded)
        spent += time.thread_time() - start
        boxes = face_boxes(rows, width=decoded.width, height=decoded.height)
        found.append(PhotoBoxes(truth=photo.boxes, detected=boxes, scores=rows[:, SCORE]))
    return Comparison(
        found=_metrics(found),
        false_faces=round(sum(map(_false_faces, found)) / len(found), 3),
        milliseconds=round(1000 * spent / len(found), 2),
    )


def _decoded(photo: AnnotatedPhoto) -> DecodedPhoto:
    return decode_photo(photo.path.read_bytes())


def _metrics(found: Sequence[PhotoBoxes]) -> dict[str, float]:
    metrics = {}
    for name, sizes in SIZES.items():
        for least in OVERLAPS:
            result = average_precision([match(photo, sizes, least) for photo in found])
            metrics[f"ap_{name}_{least:g}"] = round(result.average, 4)
            metrics[f"recall_{name}_{least:g}"] = round(result.recall, 4)
    return metrics


def _false_faces(photo: PhotoBoxes) -> int:
    sure = photo.scores >= FALSE_SCORE
    matches = match(
        PhotoBoxes(truth=photo.truth, detected=photo.detected[sure], scores=photo.scores[sure]),
        SizeRange(),
        OVERLAPS[0],
    )
    return int((~matches.hits).sum())
