"""Near-duplicates among pictures: each picture gets its group, so that splits never cut one."""

from collections.abc import Sequence
from pathlib import Path

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

#: Bits in which the 64-bit perceptual and difference hashes of two pictures of one group differ at most.
PERCEPTUAL_BITS = 6
DIFFERENCE_BITS = 8


def picture_hashes(path: Path) -> tuple[int, int]:
    """The pHash and dHash of a picture, 64 bits each."""
    with Image.open(path) as picture:
        grey = picture.convert("L")
        return int(str(imagehash.phash(grey)), 16), int(str(imagehash.dhash(grey)), 16)


def near_duplicate_groups(hashes: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    """Group pictures whose both hashes are close, directly or through others.

    Returns int64 (n,): for each picture the smallest index of its group.
    """
    parents = np.arange(len(hashes))
    table = np.array(hashes, np.uint64).reshape(-1, 2)
    for index, (perceptual, difference) in enumerate(table):
        close = np.bitwise_count(table[index + 1 :, 0] ^ perceptual) <= PERCEPTUAL_BITS
        close &= np.bitwise_count(table[index + 1 :, 1] ^ difference) <= DIFFERENCE_BITS
        for other in np.flatnonzero(close) + index + 1:
            _join(parents, index, int(other))
    return np.array([_root(parents, index) for index in range(len(hashes))], np.int64)


def _root(parents: NDArray[np.int64], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = int(parents[index])
    return index


def _join(parents: NDArray[np.int64], one: int, other: int) -> None:
    first, second = sorted((_root(parents, one), _root(parents, other)))
    parents[second] = first
