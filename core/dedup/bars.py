"""Bars of one colour at the borders of a picture, as letterboxing leaves them."""

import numpy as np
from numpy.typing import NDArray

#: Rows and columns whose pixels differ by no more, in each colour, are bars.
_PLAIN = 24
#: A picture of which less would be left keeps its borders.
_LEAST_LEFT = 0.4


def without_bars(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (h, w, 3) without rows and columns of one colour at its borders."""
    rows, columns = (_span(rgb.max(axis=axis) - rgb.min(axis=axis)) for axis in (1, 0))
    return rgb[rows, columns]


def is_plain(rgb: NDArray[np.uint8]) -> bool:
    """Whether uint8 (h, w, 3) is a sheet of one colour, which looks like every other."""
    return bool((rgb.max(axis=(0, 1)) - rgb.min(axis=(0, 1))).max() <= _PLAIN)


def _span(ranges: NDArray[np.uint8]) -> slice:
    """From the first to the last row that is not plain; `ranges` (n, 3) says how far its pixels differ."""
    lively = np.flatnonzero(ranges.max(axis=1) > _PLAIN)
    if len(lively) < _LEAST_LEFT * len(ranges):
        return slice(None)
    return slice(int(lively[0]), int(lively[-1]) + 1)
