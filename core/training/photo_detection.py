"""What a classifier says of the photos of a split, from the candidates that preparing kept."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.options import DetectionOptions
from core.detection.yunet import SCORE
from core.training.measuring import MeasuredPhoto
from core.training.preparing import Prepared
from core.training.splits import Split
from core.training.voc import AnnotatedPhoto


@dataclass(frozen=True, kw_only=True)
class PhotoCrops:
    """A photo's kept candidates: corrected boxes (n, 4), scores (n,), crops uint8 (n, side, side, 3)."""

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


def photo_crops(prepared: Prepared, split: Split, side: int) -> Iterator[PhotoCrops]:
    """Every annotated photo of a split as prediction with default options would cut it."""
    threshold = DetectionOptions().score_threshold
    for picture, rows in zip(prepared.pictures, prepared.rows, strict=True):
        if picture.path not in prepared.truth or picture.split is not split:
            continue
        rgb = decode_photo(picture.path.read_bytes()).rgb
        kept = rows[rows[:, SCORE] >= threshold]
        limits = np.array([rgb.shape[1], rgb.shape[0]] * 2, np.float32)
        boxes = np.clip(prepared.correction.apply(kept), 0, limits)
        seen = (boxes[:, 2:] - boxes[:, :2] >= 2).all(axis=1)
        yield PhotoCrops(
            truth=prepared.truth[picture.path],
            boxes=boxes[seen],
            scores=kept[seen, SCORE],
            crops=cut(rgb, boxes[seen], side=side),
        )
