"""The photos of a split as prediction sees them: found at default options, corrected, cut."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.detector import LEAST_SIDE
from core.detection.finder import FaceFinder
from core.detection.options import DetectionOptions
from core.detection.yunet import SCORE
from core.release.measuring import MeasuredPhoto
from core.release.preparing import Prepared
from core.release.voc import AnnotatedPhoto
from models.split import Split


@dataclass(frozen=True, kw_only=True)
class PhotoCrops:
    """A photo's candidates: corrected boxes (n, 4), scores (n,), crops uint8 (n, side, side, 3)."""

    truth: AnnotatedPhoto
    boxes: NDArray[np.float32]
    scores: NDArray[np.float32]
    crops: NDArray[np.uint8]

    def measured(self, probabilities: NDArray[np.floating]) -> MeasuredPhoto:
        """Put the classifier's answers (n, 4) to the boxes."""
        return MeasuredPhoto(
            truth=self.truth.boxes,
            labels=self.truth.labels,
            boxes=self.boxes,
            probabilities=probabilities,
            face_scores=self.scores,
        )


def photo_crops(prepared: Prepared, detector: Path, split: Split, side: int) -> Iterator[PhotoCrops]:
    """Every annotated photo of a split.

    The rows that preparing kept were found at a lower threshold, which merges boxes a little otherwise.
    """
    finder = FaceFinder(detector, DetectionOptions())
    for picture in prepared.pictures:
        if picture.path not in prepared.truth or picture.split is not split:
            continue
        photo = decode_photo(picture.path.read_bytes())
        rows = finder.find(photo)
        boxes = np.clip(prepared.correction.apply(rows), 0, [photo.width, photo.height] * 2)
        seen = (boxes[:, 2:] - boxes[:, :2] >= LEAST_SIDE).all(axis=1)
        yield PhotoCrops(
            truth=prepared.truth[picture.path],
            boxes=boxes[seen],
            scores=rows[seen, SCORE],
            crops=cut(photo.rgb, boxes[seen], side=side),
        )
