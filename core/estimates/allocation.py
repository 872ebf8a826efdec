"""How many audited faces to draw from each stratum."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.estimates.evidence import PopulationCell

#: A stratum is never taken to be surer than this. A shifted classifier is sure of its errors, and an audit
#: that believes it is less exact than one without predictions (docs/estimates.md).
LEAST_DOUBT = 0.1
#: Faces that each stratum gets before the rest is shared out.
LEAST_FACES = 2

_Floats = NDArray[np.float64]


def allocate(cells: Sequence[PopulationCell], faces: int, audited: Sequence[int] = ()) -> list[int]:
    """How many of `faces` more faces to draw from each cell, in their order; no more than it has left.

    `audited` are the faces already drawn from each cell. The mean confidence of a cell says how often its
    predicted label is expected to be wrong.
    """
    sizes = np.array([cell.faces for cell in cells], float)
    drawn = np.array(audited, float) if len(audited) else np.zeros(len(cells))
    doubts = 1 - np.array([cell.confidence for cell in cells], float)
    return [int(each) for each in allocate_faces(sizes, doubts, drawn, faces)]


def allocate_faces(sizes: _Floats, doubts: _Floats, drawn: _Floats, faces: int) -> _Floats:
    """As `allocate`, for c cells: faces, chance that the predicted label is wrong, faces drawn, all (c,).

    Neyman's allocation: in proportion to the faces times the standard deviation of "the label is right".
    """
    doubts = np.clip(doubts, LEAST_DOUBT, 0.5)
    wanted = sizes * np.sqrt(doubts * (1 - doubts))
    total = min(faces + float(drawn.sum()), float(sizes.sum()))
    target = _fill(wanted, np.minimum(sizes, np.maximum(drawn, LEAST_FACES)), sizes, total)
    left = sizes - drawn
    return _whole(np.maximum(target - drawn, 0), left, min(faces, int(left.sum())))


def _fill(wanted: _Floats, least: _Floats, most: _Floats, total: float) -> _Floats:
    """Numbers in proportion to `wanted` within bounds, which add up to `total` where the bounds allow it."""
    low, high = 0.0, 1.0
    while np.clip(wanted * high, least, most).sum() < total and high < 1e9:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if np.clip(wanted * middle, least, most).sum() < total else (low, middle)
    return np.clip(wanted * high, least, most)


def _whole(parts: _Floats, most: _Floats, total: int) -> _Floats:
    """Whole numbers near `parts` that add up to `total`; the largest remainders are rounded up first."""
    if parts.sum() > 0:
        parts = np.minimum(parts * (total / parts.sum()), most)
    whole = np.floor(parts)
    order = np.argsort(whole - parts, kind="stable")
    while (missing := int(total - whole.sum())) > 0:
        free = order[whole[order] < most[order]]
        whole[free[:missing]] += 1
    return whole
