"""Pictures that show the same: as wholes, or by a face. Each gets its group, so that splits never cut one."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.yunet import BOX, SCORE

#: Bits in which the 64-bit perceptual and difference hashes of two pictures of one group differ at most.
PERCEPTUAL_BITS = 6
DIFFERENCE_BITS = 8
#: The same for two crops of one face: pairs further apart mostly show two people.
FACE_PERCEPTUAL_BITS = 8
FACE_DIFFERENCE_BITS = 10
#: Faces smaller than this, in pixels, or less sure, look alike when they are not.
HASHED_FACE = 32.0
HASHED_SCORE = 0.6


def picture_hashes(path: Path) -> tuple[int, int]:
    """The pHash and dHash of a picture, 64 bits each."""
    with Image.open(path) as picture:
        return _hashes(picture)


def _hashes(picture: Image.Image) -> tuple[int, int]:
    grey = picture.convert("L")
    return int(str(imagehash.phash(grey)), 16), int(str(imagehash.dhash(grey)), 16)


def face_hashes(path: Path, rows: NDArray[np.float32]) -> list[tuple[int, int]]:
    """The pHash and dHash of each face that is large and sure enough among a detector's rows (n, 16)."""
    boxes = rows[:, BOX]
    sizes = np.sqrt(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1))
    chosen = boxes[(sizes >= HASHED_FACE) & (rows[:, SCORE] >= HASHED_SCORE)]
    if not len(chosen):
        return []
    crops = cut(decode_photo(path.read_bytes()).rgb, chosen, side=64)
    return [_hashes(Image.fromarray(crop)) for crop in crops]


def near_duplicate_groups(
    hashes: Sequence[tuple[int, int]],
    faces: Sequence[tuple[int, int]] = (),
    shown_in: Sequence[int] = (),
) -> NDArray[np.int64]:
    """Group pictures whose both hashes are close, or that show faces whose hashes are, or through others.

    `faces` are hashes of faces, `shown_in` for each of them the index of its picture. Returns int64 (n,): for
    each picture the smallest index of its group.
    """
    parents = np.arange(len(hashes))
    for one, other in _close_pairs(hashes, PERCEPTUAL_BITS, DIFFERENCE_BITS):
        _join(parents, one, other)
    for one, other in _close_pairs(faces, FACE_PERCEPTUAL_BITS, FACE_DIFFERENCE_BITS):
        _join(parents, shown_in[one], shown_in[other])
    return np.array([_root(parents, index) for index in range(len(hashes))], np.int64)


def _close_pairs(
    hashes: Sequence[tuple[int, int]], perceptual_bits: int, difference_bits: int
) -> Iterator[tuple[int, int]]:
    table = np.array(hashes, np.uint64).reshape(-1, 2)
    for index, (perceptual, difference) in enumerate(table):
        close = np.bitwise_count(table[index + 1 :, 0] ^ perceptual) <= perceptual_bits
        close &= np.bitwise_count(table[index + 1 :, 1] ^ difference) <= difference_bits
        yield from ((index, int(other)) for other in np.flatnonzero(close) + index + 1)


def _root(parents: NDArray[np.int64], index: int) -> int:
    while parents[index] != index:
        parents[index] = parents[parents[index]]
        index = int(parents[index])
    return index


def _join(parents: NDArray[np.int64], one: int, other: int) -> None:
    first, second = sorted((_root(parents, one), _root(parents, other)))
    parents[second] = first
