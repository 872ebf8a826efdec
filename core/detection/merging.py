"""Duplicates between scales and tiles: which candidates show the same face, and the one box they agree on."""

import numpy as np
from numpy.typing import NDArray

from core.detection.yunet import BOX, SCORE

Rows = NDArray[np.float32]


def overlaps(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over union of one box (4,) with boxes (n, 4), corners in pixels; float64 (n,)."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.clip(sides, 0, None), axis=1, dtype=np.float64)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1, dtype=np.float64)
    union = areas + np.prod(box[2:] - box[:2], dtype=np.float64) - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def contained(box: NDArray[np.floating], boxes: NDArray[np.floating]) -> NDArray[np.float64]:
    """Intersection over the smaller of both areas, as for `overlaps`."""
    sides = np.minimum(box[2:], boxes[:, 2:]) - np.maximum(box[:2], boxes[:, :2])
    shared = np.prod(np.clip(sides, 0, None), axis=1, dtype=np.float64)
    areas = np.prod(boxes[:, 2:] - boxes[:, :2], axis=1, dtype=np.float64)
    smaller = np.minimum(areas, np.prod(box[2:] - box[:2], dtype=np.float64))
    return np.divide(shared, smaller, out=np.zeros_like(shared), where=smaller > 0)


def merge(rows: Rows, *, overlap: float, near: float, inside: float) -> Rows:
    """Join candidate rows (n, 16) that show the same face into one row each, best score first.

    The best row takes every row that overlaps it by `near` (IoU) or lies in it, or around it, by
    `inside` (of the smaller area). Geometry is the mean of those at `overlap`, weighted by squared score,
    which places a box better than the single best row; score and scale are those of the best. What is
    only `near` is the same face seen askew, at the edge of a tile for example, and adds nothing.
    """
    rows = rows[np.argsort(-rows[:, SCORE], kind="stable")]
    merged = []
    while len(rows):
        shared = overlaps(rows[0, BOX], rows[:, BOX])
        same = shared >= overlap
        same[0] = True
        weight = rows[same, SCORE] ** 2
        joined = rows[0].copy()
        joined[:SCORE] = weight @ rows[same, :SCORE] / weight.sum()
        merged.append(joined)
        taken = same | (shared >= near) | (contained(rows[0, BOX], rows[:, BOX]) >= inside)
        rows = rows[~taken]
    return np.stack(merged) if merged else rows
