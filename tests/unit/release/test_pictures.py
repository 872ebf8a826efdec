"""Near-duplicates are in one group, different pictures in different groups."""

from pathlib import Path

import cv2
import numpy as np
import pytest

pytest.importorskip("imagehash", reason="the training dependencies are not installed")

from core.detection.yunet import BOX, SCORE
from core.release.pictures import face_hashes, near_duplicate_groups, picture_hashes


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


def test_pictures_that_show_the_same_face_are_one_group() -> None:
    far = [(0, 0), (2**64 - 1, 2**64 - 1), (2**32 - 1, 2**32 - 1)]
    faces, shown_in = [(7, 7), (2**40 - 1, 0), (5, 3)], [0, 1, 2]
    assert near_duplicate_groups(far, faces, shown_in).tolist() == [0, 1, 0]


def test_a_face_cut_out_and_saved_smaller_is_found(tmp_path: Path) -> None:
    scene = cv2.resize(picture(3), (720, 600), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(tmp_path / "whole.png"), scene)
    part = cv2.resize(scene[100:400, 200:600], None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(tmp_path / "part.jpg"), part, [cv2.IMWRITE_JPEG_QUALITY, 60])
    boxes = {"whole.png": (320, 180, 440, 320), "part.jpg": (72, 48, 144, 132)}
    hashes, faces = [], []
    for name, box in boxes.items():
        rows = np.zeros((2, 16), np.float32)
        rows[:, BOX], rows[:, SCORE] = box, (0.9, 0.3)
        hashes.append(picture_hashes(tmp_path / name))
        faces += face_hashes(tmp_path / name, rows)
    assert len(faces) == 2, "the unsure one is not hashed"
    assert near_duplicate_groups(hashes).tolist() == [0, 1]
    assert near_duplicate_groups(hashes, faces, [0, 1]).tolist() == [0, 0]
