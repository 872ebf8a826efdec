"""Average precision of boxes, with all-point interpolation and COCO's rules for size ranges.

Definition. The detections of one class over all photos are processed by descending score. Each is matched
to the unmatched box of its photo with the highest IoU, if that is at least the given one (0.5 by default);
boxes inside the size range take precedence over boxes outside. A match inside the range is a true positive; a
match outside is ignored. A detection without a match is a false positive, unless its own size is outside the
range: then it is ignored too. AP is the exact area under the interpolated precision-recall curve; COCO
samples the same curve at 101 recalls. A face's size is the square root of its box's area, in pixels of the
full-size photo.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.detection.face import overlaps

MATCH_OVERLAP = 0.5


@dataclass(frozen=True, kw_only=True)
class SizeRange:
    """Face sizes that count, in pixels: at least `smallest`, less than `largest`."""

    smallest: float = 0.0
    largest: float = float("inf")

    def holds(self, boxes: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Whether each of the boxes (n, 4) is in range, bool (n,)."""
        sides = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None)
        sizes = np.sqrt(np.prod(sides, axis=1, dtype=np.float64))
        return (sizes >= self.smallest) & (sizes < self.largest)


@dataclass(frozen=True, kw_only=True)
class PhotoBoxes:
    """One photo's truth and detections of one class: boxes float (n, 4) as corners, scores float (n,)."""

    truth: NDArray[np.floating]
    detected: NDArray[np.floating]
    scores: NDArray[np.floating]


@dataclass(frozen=True, kw_only=True)
class Matches:
    """One photo's detections that count, by descending score, and the number of true boxes that count."""

    scores: NDArray[np.float64]
    hits: NDArray[np.bool_]
    truth: int


@dataclass(frozen=True, kw_only=True)
class Precision:
    """AP (NaN where no box is in range), recall over all detections, and the number of true boxes."""

    average: float
    recall: float
    truth: int


def match(photo: PhotoBoxes, sizes: SizeRange, overlap: float = MATCH_OVERLAP) -> Matches:
    """Decide for each detection of a photo whether it is a true positive, a false positive or ignored."""
    counted = sizes.holds(photo.truth)
    in_range = sizes.holds(photo.detected)
    free = np.ones(len(photo.truth), bool)
    scores, hits = [], []
    for index in np.argsort(-photo.scores, kind="stable"):
        shared = np.where(free, overlaps(photo.detected[index], photo.truth), 0.0)
        candidates = np.flatnonzero(shared >= overlap)
        if len(candidates):
            best = max(candidates, key=lambda box: (counted[box], shared[box]))
            free[best] = False
            if not counted[best]:
                continue
        elif not in_range[index]:
            continue
        scores.append(photo.scores[index])
        hits.append(len(candidates) > 0)
    return Matches(scores=np.array(scores, float), hits=np.array(hits, bool), truth=int(counted.sum()))


def average_precision(matches: Sequence[Matches]) -> Precision:
    """Pool the matches of all photos and integrate the precision-recall curve."""
    truth = sum(photo.truth for photo in matches)
    if truth == 0:
        return Precision(average=float("nan"), recall=float("nan"), truth=0)
    scores = np.concatenate([photo.scores for photo in matches])
    hits = np.concatenate([photo.hits for photo in matches])[np.argsort(-scores, kind="stable")]
    found = np.cumsum(hits)
    precision = found / np.arange(1, len(hits) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return Precision(
        average=float(envelope[hits].sum() / truth), recall=float(hits.sum() / truth), truth=truth
    )
