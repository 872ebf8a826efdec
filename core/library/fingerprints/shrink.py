"""Shrink grey pictures exactly as Pillow's LANCZOS filter does, in less than half the time.

Pillow shrinks rows, then columns, or the other way round if the picture is tall, with weights of 22
fractional bits, and rounds after each to 8 bits (`libImaging/Resample.c`). Sums of such products are integers
below 2^53, so products of float64 matrices give the same levels whatever the order of additions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

#: Lanczos' window on each side, in pixels of the result.
_LOBES = 3.0
_ONE = float(1 << 22)
#: Columns of one block of weights: narrower blocks leave out more zeros, wider ones multiply faster.
_BLOCK = 8
#: Multiplications in one product of matrices: OpenBLAS starts threads for larger ones, which spin to wait.
_LARGEST_PRODUCT = 1 << 18
#: Rows multiplied at once, at least: with fewer, the weights of a very wide picture are read for each row.
LEAST_ROWS = 16


@dataclass(frozen=True, kw_only=True)
class _Block:
    """Weights float64 (last - first, columns) of the pixels from `first` to `last` for some columns."""

    first: int
    last: int
    columns: slice
    weights: NDArray[np.float64]
    #: How many rows of a picture are multiplied at once, and which of the pixels in one product.
    rows: int
    parts: tuple[slice, ...]


class GreyShrinker:
    """Shrinks one picture that is given band by band, from the top; `size` and `to` are (width, height)."""

    def __init__(self, *, size: tuple[int, int], to: tuple[int, int]) -> None:
        self._size, self._to = size, to
        self._columns_first = size[1] > to[1] and size[1] - to[1] > 2 * (size[0] - to[0])
        self._levels = np.zeros((to[1], size[0]) if self._columns_first else (size[1], to[0]))
        self._top = 0

    def add(self, band: NDArray[np.float64]) -> None:
        """The next rows (n, width) of grey levels."""
        top, bottom = self._top, self._top + len(band)
        self._top = bottom
        if not self._columns_first:
            self._levels[top:bottom] = shrink_rows(band, self._to[0])
            return
        _add_columns(self._levels, band, top, _blocks(self._size[1], self._to[1]))

    def levels(self) -> NDArray[np.float64]:
        """The shrunk picture (height, width), after all rows."""
        if self._columns_first:
            return shrink_rows(_rounded(self._levels), self._to[0])
        return shrink_columns(self._levels[None], self._to[1])[0]


def shrink_rows(grey: NDArray[np.floating], side: int) -> NDArray[np.float64]:
    """Rows (n, width) of grey levels to rows (n, side); the levels are whole numbers from 0 to 255."""
    if grey.shape[1] == side:
        return grey.astype(np.float64)
    shrunk = np.zeros((len(grey), side))
    for block in _blocks(grey.shape[1], side):
        for top in range(0, len(grey), block.rows):
            band = grey[top : top + block.rows, block.first : block.last]
            for part in block.parts:
                shrunk[top : top + block.rows, block.columns] += band[:, part] @ block.weights[part]
    return _rounded(shrunk)


def shrink_columns(rows: NDArray[np.float64], side: int) -> NDArray[np.float64]:
    """Pictures (n, height, width) of grey levels to pictures (n, side, width)."""
    pictures, height, width = rows.shape
    if height == side:
        return rows
    shrunk = np.zeros((pictures, side, width))
    _add_columns(shrunk, rows, 0, _blocks(height, side))
    return _rounded(shrunk)


def _add_columns(
    sums: NDArray[np.float64], band: NDArray[np.float64], top: int, blocks: Sequence[_Block]
) -> None:
    """Add weighted rows (..., n, width) of a picture, beginning with `top`, to sums (..., side, width)."""
    for block in blocks:
        step = max(1, _LARGEST_PRODUCT // (block.weights.shape[1] * band.shape[-1]))
        first, last = max(block.first, top), min(block.last, top + band.shape[-2])
        for start in range(first, last, step):
            end = min(start + step, last)
            weights = block.weights[start - block.first : end - block.first]
            sums[..., block.columns, :] += weights.T @ band[..., start - top : end - top, :]


def _rounded(sums: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sums of weighted levels to levels, in place."""
    sums += _ONE / 2
    sums /= _ONE
    np.floor(sums, out=sums)
    return np.clip(sums, 0, 255, out=sums)


@lru_cache(maxsize=64)
def _blocks(length: int, side: int) -> tuple[_Block, ...]:
    """The weights that shrink `length` pixels to `side`; photos of one camera have the same."""
    weights = _weights(length, side)
    blocks = []
    for first_column in range(0, side, _BLOCK):
        columns = slice(first_column, min(first_column + _BLOCK, side))
        used = np.flatnonzero(weights[:, columns].any(axis=1))
        first, last = int(used[0]), int(used[-1]) + 1
        part = np.ascontiguousarray(weights[first:last, columns])
        rows = max(LEAST_ROWS, _LARGEST_PRODUCT // part.size)
        step = max(1, _LARGEST_PRODUCT // (rows * part.shape[1]))
        parts = tuple(slice(left, left + step) for left in range(0, len(part), step))
        blocks.append(_Block(first=first, last=last, columns=columns, weights=part, rows=rows, parts=parts))
    return tuple(blocks)


def _weights(length: int, side: int) -> NDArray[np.float64]:
    """Whole numbers float64 (length, side): `precompute_coeffs` and `normalize_coeffs_8bpc` of Pillow."""
    scale = length / side
    widening = max(scale, 1.0)
    support = _LOBES * widening
    centres = (np.arange(side) + 0.5) * scale
    firsts = np.maximum(np.trunc(centres - support + 0.5), 0).astype(np.int64)
    lasts = np.minimum(np.trunc(centres + support + 0.5), length).astype(np.int64)
    taken = firsts[:, None] + np.arange(int((lasts - firsts).max()))
    inside = taken < lasts[:, None]
    values = np.where(inside, _lanczos((taken - centres[:, None] + 0.5) * (1 / widening)), 0.0)
    # Added up one by one, as Pillow does.
    values /= np.cumsum(values, axis=1)[:, -1:]
    whole = np.trunc(values * _ONE + np.where(values < 0, -0.5, 0.5))
    weights = np.zeros((length, side))
    column = np.broadcast_to(np.arange(side)[:, None], taken.shape)
    weights[taken[inside], column[inside]] = whole[inside]
    return weights


def _lanczos(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where((x >= -_LOBES) & (x < _LOBES), np.sinc(x) * np.sinc(x / _LOBES), 0.0)
