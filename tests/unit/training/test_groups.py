"""Near-duplicates end in one group, different pictures in different ones."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("imagehash", reason="the training dependencies are not installed")

from core.training.groups import near_duplicate_groups, picture_hashes


def picture(seed: int) -> np.ndarray:
    coarse = np.random.default_rng(seed).integers(0, 255, (9, 9, 3), dtype=np.uint8)
    return cv2.resize(coarse, (240, 200), interpolation=cv2.INTER_CUBIC)


def test_smaller_and_damaged_copy_is_in_its_originals_group(tmp_path: Path) -> None:
    original = picture(1)
    cv2.imwrite(str(tmp_path / "a.png"), original)
    cv2.imwrite(str(tmp_path / "b.jpg"), cv2.resize(original, (120, 100)), [cv2.IMWRITE_JPEG_QUALITY, 40])
    cv2.imwrite(str(tmp_path / "c.png"), picture(2))
    hashes = [picture_hashes(tmp_path / name) for name in ("c.png", "a.png", "b.jpg")]
    assert near_duplicate_groups(hashes).tolist() == [0, 1, 1]


def test_groups_join_through_a_third() -> None:
    # The outer two differ in 10 bits, each from the middle one in 5.
    hashes = [(0, 0), (0b1111111111, 0), (0b11111, 0)]
    assert near_duplicate_groups(hashes).tolist() == [0, 0, 0]


def test_both_hashes_must_be_close() -> None:
    assert near_duplicate_groups([(0, 0), (0, 2**40 - 1)]).tolist() == [0, 1]


def test_no_pictures_no_groups() -> None:
    assert near_duplicate_groups([]).tolist() == []
