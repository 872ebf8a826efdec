"""Faces are found in photos of any size, from thumbnails to 6,000 px, and each once."""

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.detection.finder import (
    COARSE_ENLARGEMENT,
    COARSE_SIDE,
    LARGEST_SKIP,
    OCTAVE,
    FaceFinder,
    merge,
    whole_scales,
)
from core.detection.options import VISIBLE_PIXELS, DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.weights import YUNET, find_weights
from core.detection.yunet import BOX, COLUMNS, SCORE
from tests.unit.detection.conftest import photo_of

#: Where the face is in the astronaut's photo of 512 px, and its size.
FACE_CENTRE, FACE_SIZE = np.array([225.0, 115.0]), 80.0


@pytest.fixture(scope="module")
def finder(weights: Path) -> FaceFinder:
    return FaceFinder(find_weights(YUNET.name, weights), DetectionOptions())


def sure(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    return rows[rows[:, SCORE] >= 0.6]


def shrunk(astronaut: NDArray[np.uint8], face: float) -> NDArray[np.uint8]:
    side = round(512 * face / FACE_SIZE)
    return np.asarray(cv2.resize(astronaut, (side, side), interpolation=cv2.INTER_AREA), np.uint8)


def paste(canvas: NDArray[np.uint8], picture: NDArray[np.uint8], left: int, top: int) -> NDArray[np.float64]:
    """Put a shrunk astronaut on a canvas; returns where its face's centre is."""
    side = picture.shape[0]
    canvas[top : top + side, left : left + side] = picture
    return FACE_CENTRE * side / 512 + (left, top)


def assert_found_once(rows: NDArray[np.float32], centres: list[NDArray[np.float64]], face: float) -> None:
    found = (rows[:, BOX][:, :2] + rows[:, BOX][:, 2:]) / 2
    for centre in centres:
        near = np.linalg.norm(found - centre, axis=1) < 0.4 * face
        assert near.sum() == 1, f"{near.sum()} faces at {centre}"
    assert len(rows) == len(centres)


@pytest.mark.parametrize("face", [18.0, 24.0, 40.0, 120.0, 300.0])
def test_one_face_of_any_size(finder: FaceFinder, astronaut: NDArray[np.uint8], face: float) -> None:
    canvas = np.full((1300, 2000, 3), 120, np.uint8)
    picture = shrunk(astronaut, face)[:1300]
    side = picture.shape[0]
    canvas[:side, 0 : picture.shape[1]] = picture
    centre = FACE_CENTRE * face / FACE_SIZE
    assert_found_once(sure(finder.find(photo_of(canvas))), [centre], face)


def test_thumbnail_of_300_pixels(finder: FaceFinder, astronaut: NDArray[np.uint8]) -> None:
    canvas = np.full((200, 300, 3), 90, np.uint8)
    centre = paste(canvas, shrunk(astronaut, 22), 100, 30)
    assert_found_once(sure(finder.find(photo_of(canvas))), [centre], 22)


def test_6000_pixels_with_faces_of_40(finder: FaceFinder, astronaut: NDArray[np.uint8]) -> None:
    canvas = np.full((4000, 6000, 3), 110, np.uint8)
    picture = shrunk(astronaut, 40)
    places = [(left, top) for left in (10, 1100, 2900, 5600) for top in (5, 1900, 3600)]
    centres = [paste(canvas, picture, left, top) for left, top in places]
    assert_found_once(sure(finder.find(photo_of(canvas))), centres, 40)


def test_reduced_decode_gives_boxes_of_the_full_photo(
    finder: FaceFinder, astronaut: NDArray[np.uint8]
) -> None:
    full = np.asarray(cv2.resize(astronaut, (1024, 1024)), np.uint8)
    reduced = DecodedPhoto(rgb=astronaut, width=1024, height=1024, format="JPEG")
    whole, half = sure(finder.find(photo_of(full))), sure(finder.find(reduced))
    assert len(whole) == len(half) == 1
    assert half[0, BOX] == pytest.approx(whole[0, BOX], abs=12)


def test_tiles_that_run_together_give_the_same_faces(
    weights: Path, finder: FaceFinder, astronaut: NDArray[np.uint8]
) -> None:
    canvas = np.full((1300, 2000, 3), 120, np.uint8)
    for left in (30, 900, 1800):
        paste(canvas, shrunk(astronaut, 20), left, 40 + left // 2)
    several = FaceFinder(find_weights(YUNET.name, weights), DetectionOptions())
    several._network.batch = 4
    alone, together = (each.find(photo_of(canvas)) for each in (finder, several))
    assert together == pytest.approx(alone, abs=1e-2)


def test_a_turned_view_gives_the_faces_of_the_turned_photo(
    finder: FaceFinder, astronaut: NDArray[np.uint8]
) -> None:
    stored = np.ascontiguousarray(np.rot90(cv2.resize(astronaut, (1400, 1400)), 1))
    view, copy = np.rot90(stored, -1), np.ascontiguousarray(np.rot90(stored, -1))
    assert sure(finder.find(photo_of(view))) == pytest.approx(sure(finder.find(photo_of(copy))), abs=2)


@pytest.mark.parametrize("long_side", [100, 640, 960, 1280, 2000, 6000, 16000])
@pytest.mark.parametrize("smallest_face", [8, 16, 32, 200])
def test_passes_over_the_whole_end_where_the_smallest_face_is_visible(
    long_side: int, smallest_face: int
) -> None:
    options = DetectionOptions(smallest_face=smallest_face)
    scales = whole_scales(long_side, options)
    assert scales == sorted(scales)
    assert scales[-1] * smallest_face >= VISIBLE_PIXELS * 0.999 or scales[-1] == COARSE_ENLARGEMENT
    assert scales[0] * long_side <= COARSE_SIDE * LARGEST_SKIP
    assert all(after / before <= OCTAVE * 1.001 for before, after in pairwise(scales))


def test_no_face_in_noise_or_a_pixel(finder: FaceFinder) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (300, 400, 3), dtype=np.uint8)
    assert len(sure(finder.find(photo_of(noise)))) == 0
    assert len(finder.find(photo_of(noise[:1, :1].copy()))) == 0


@pytest.mark.parametrize("shape", [(3, 4000), (4000, 3)])
def test_a_strip_breaks_nothing(finder: FaceFinder, shape: tuple[int, int]) -> None:
    assert len(sure(finder.find(photo_of(np.zeros((*shape, 3), np.uint8))))) == 0


def rows_of(*boxes: tuple[float, float, float, float, float]) -> NDArray[np.float32]:
    """Candidate rows of x1, y1, x2, y2 and score."""
    rows = np.ones((len(boxes), COLUMNS), np.float32)
    for row, box in zip(rows, boxes, strict=True):
        row[BOX], row[SCORE] = box[:4], box[4]
    return rows


def test_same_face_at_two_scales_becomes_one_box_between_both() -> None:
    merged = merge(rows_of((0, 0, 10, 10, 0.9), (1, 0, 11, 10, 0.9)), overlap=0.5, near=0.3, inside=0.8)
    assert merged.shape == (1, COLUMNS)
    assert merged[0, BOX] == pytest.approx([0.5, 0, 10.5, 10])


def test_the_surer_box_weighs_more_and_gives_its_score() -> None:
    merged = merge(rows_of((1, 0, 11, 10, 0.3), (0, 0, 10, 10, 0.9)), overlap=0.5, near=0.3, inside=0.8)
    assert merged[0, 0] == pytest.approx(0.09 / 0.9)
    assert merged[0, SCORE] == pytest.approx(0.9)


def test_neighbours_stay_apart_best_first() -> None:
    merged = merge(rows_of((0, 0, 10, 10, 0.5), (8, 0, 18, 10, 0.8)), overlap=0.5, near=0.3, inside=0.8)
    assert merged[:, SCORE] == pytest.approx([0.8, 0.5])


def test_a_badly_placed_box_of_the_same_face_adds_nothing() -> None:
    merged = merge(rows_of((0, 0, 10, 10, 0.9), (0, 5, 10, 15, 0.4)), overlap=0.5, near=0.3, inside=0.8)
    assert len(merged) == 1 and merged[0, :4] == pytest.approx([0, 0, 10, 10])


def test_a_box_inside_another_is_dropped() -> None:
    rows = rows_of((0, 0, 30, 30, 0.8), (10, 10, 18, 18, 0.5))
    assert len(merge(rows, overlap=0.5, near=0.3, inside=0.8)) == 1


def test_nothing_in_nothing_out() -> None:
    assert merge(rows_of(), overlap=0.5, near=0.3, inside=0.8).shape == (0, COLUMNS)
