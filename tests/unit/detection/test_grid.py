"""Pixels become patches and back; outputs of a grid become boxes where they belong."""

import numpy as np
import pytest

from core.detection.grid import CHANNELS, LABEL, STRIDES, Grid, decode, grids_of, padded, patches, points
from core.detection.yunet import BOX, LANDMARKS, SCORE


def grid(stride: int, height: int = 2, width: int = 3) -> Grid:
    return Grid(
        stride=stride,
        scores=np.full((height, width), -9, np.float32),
        boxes=np.zeros((height, width, 4), np.float32),
        labels=np.zeros((height, width, 3), np.float32),
    )


def test_a_cell_holds_its_own_pixels_row_by_row() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (16, 24, 3), np.uint8)
    cells = patches(rgb)
    assert cells.shape == (2, 3, CHANNELS) and cells.dtype == np.int8
    for y, x in np.ndindex(2, 3):
        block = rgb[8 * y : 8 * y + 8, 8 * x : 8 * x + 8].astype(int) - 128
        assert (cells[y, x].reshape(8, 8, 3) == block).all()


def test_a_picture_is_padded_below_and_to_the_right() -> None:
    rgb = np.full((33, 64, 3), 200, np.uint8)
    filled = padded(rgb)
    assert filled.shape == (64, 64, 3)
    assert (filled[:33] == 200).all() and (filled[33:] == 0).all()
    assert padded(filled) is filled


def test_middles_of_cells_are_listed_row_by_row() -> None:
    assert points(2, 2, 16).tolist() == [[8, 8], [24, 8], [8, 24], [24, 24]]


@pytest.mark.parametrize("stride", STRIDES)
def test_a_box_is_placed_from_its_cells_middle(stride: int) -> None:
    given = grid(stride)
    given.scores[1, 2] = 3
    given.boxes[1, 2] = (0.5, -0.25, np.log(2), np.log(4))
    given.labels[1, 2] = (0, 0, 5)
    (row,) = decode([given], threshold=0.3)
    # Its middle is at 3 and 1.25 cells, and it is 2 by 4 cells large.
    assert row[BOX] == pytest.approx(np.array([2, -0.75, 4, 3.25]) * stride)
    assert row[SCORE] == pytest.approx(1 / (1 + np.exp(-3)))
    assert row[LABEL].argmax() == 2 and row[LABEL].sum() == pytest.approx(1)
    assert np.isnan(row[LANDMARKS]).all(), "this network gives no landmarks"


def test_only_scores_of_at_least_the_threshold_are_decoded() -> None:
    given = grid(8)
    given.scores[0] = np.log(0.5 / 0.5) + np.array([-0.01, 0, 0.01])
    assert len(decode([given], threshold=0.5)) == 2
    assert decode([grid(8), grid(16)], threshold=0.5).shape == (0, LABEL.stop)


def test_an_absurd_size_stays_a_number() -> None:
    given = grid(32)
    given.scores[0, 0] = 5
    given.boxes[0, 0, 2:] = 1e6
    assert np.isfinite(decode([given], threshold=0.3)[0, BOX]).all()


def test_outputs_are_grouped_by_grid() -> None:
    outputs = [np.zeros((4 // n, 4 // n, c), np.float32) for n in (1, 2, 4) for c in (1, 4, 3)]
    found = grids_of(outputs)
    assert [each.stride for each in found] == list(STRIDES)
    assert found[1].boxes.shape == (2, 2, 4)
