"""Grey pictures are shrunk to the levels that Pillow gives, whatever their size and however they are cut."""

import time

import numpy as np
import pytest
from PIL import Image

from core.library.fingerprints.hashes import hash_picture
from core.library.fingerprints.shrink import GreyShrinker, shrink_columns, shrink_rows

#: Sizes at and around those from which Pillow shrinks columns first, and ones with a side that stays.
SIZES = [
    *[(1, 1), (5, 9), (9, 8), (32, 32), (32, 70), (31, 33), (20, 300), (640, 427), (427, 640)],
    *[(100, 168), (100, 169), (100, 190), (100, 191), (540, 1200), (2000, 3)],
]


def noise(width: int, height: int) -> np.ndarray:
    return np.random.default_rng([width, height]).integers(0, 256, (height, width), np.uint8)


@pytest.mark.parametrize("to", [(32, 32), (9, 8)])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("rows", [1, 7, 10_000])
def test_levels_are_those_of_pillow(size: tuple[int, int], to: tuple[int, int], rows: int) -> None:
    grey = noise(*size)
    shrinker = GreyShrinker(size=size, to=to)
    for top in range(0, len(grey), rows):
        shrinker.add(grey[top : top + rows].astype(np.float64))
    assert np.array_equal(shrinker.levels(), Image.fromarray(grey).resize(to, Image.Resampling.LANCZOS))


def test_many_pictures_at_once_are_shrunk_as_each_alone() -> None:
    pictures = np.stack([noise(112, 112) // (n + 1) for n in range(20)])
    rows = shrink_rows(pictures.reshape(-1, 112).astype(np.float64), 32)
    found = shrink_columns(rows.reshape(20, 112, 32), 32)
    for picture, levels in zip(pictures, found, strict=True):
        assert np.array_equal(levels, Image.fromarray(picture).resize((32, 32), Image.Resampling.LANCZOS))


@pytest.mark.parametrize("to", [(32, 32), (9, 8)])
def test_strips_as_wide_as_files_allow_give_the_levels_of_pillow(to: tuple[int, int]) -> None:
    grey = noise(65_000, 40)
    shrinker = GreyShrinker(size=(65_000, 40), to=to)
    for top in range(0, 40, 16):
        shrinker.add(grey[top : top + 16].astype(np.float64))
    assert np.array_equal(shrinker.levels(), Image.fromarray(grey).resize(to, Image.Resampling.LANCZOS))


def test_a_wide_strip_takes_about_as_long_as_a_tall_one() -> None:
    """Its weights are read once for many rows: row by row they took fifty times as long."""
    took = {}
    for size in ((65_000, 200), (200, 65_000)):
        rgb = np.repeat(noise(*size)[..., None], 3, axis=2)
        hash_picture(rgb)
        began = time.process_time()
        hash_picture(rgb)
        took[size] = time.process_time() - began
    assert took[65_000, 200] < 8 * took[200, 65_000]
