"""Regions and tiles cover exactly the required area."""

from itertools import pairwise

import numpy as np
import pytest

from core.detection.region import Region, around, tiles
from core.detection.yunet import BOX, COLUMNS


def row_at(x1: float, y1: float, x2: float, y2: float) -> np.ndarray:
    row = np.zeros((1, COLUMNS), np.float32)
    row[0, BOX] = x1, y1, x2, y2
    return row


def test_small_region_is_one_tile() -> None:
    region = Region(left=10, top=20, right=110, bottom=90)
    assert tiles(region, side=100, overlap=20) == [region]


def test_tiles_cover_overlap_and_stay_small() -> None:
    cut = tiles(Region(left=0, top=0, right=1000, bottom=300), side=400, overlap=50)
    lefts = sorted({(tile.left, tile.right) for tile in cut})
    assert lefts[0][0] == 0 and lefts[-1][1] == 1000
    assert all(right - left <= 400 for left, right in lefts)
    assert all(abs(before[1] - after[0] - 50) < 1e-6 for before, after in pairwise(lefts))


def test_around_adds_a_margin_within_the_region() -> None:
    (found,) = around(row_at(5, 50, 15, 60), Region(left=0, top=0, right=100, bottom=100), margin=2, rim=0)
    assert (found.left, found.top, found.right, found.bottom) == (0, 30, 35, 80)


def test_far_faces_get_parts_of_their_own_and_near_ones_share_one() -> None:
    whole = Region(left=0, top=0, right=1000, bottom=1000)
    rows = np.concatenate([row_at(at, at, at + 10, at + 10) for at in (100, 900, 112)])
    first, second = sorted(around(rows, whole, margin=1, rim=5), key=lambda part: part.left)
    assert (first.left, first.top, first.right, first.bottom) == (90, 90, 132, 132)
    assert (second.left, second.right) == (890, 920)
    assert len(around(rows, whole, margin=1, rim=2000)) == 1


def test_a_part_that_grew_takes_in_the_parts_that_it_then_reaches() -> None:
    whole = Region(left=0, top=0, right=1000, bottom=1000)
    corners = [(100, 100, 140, 200), (100, 210, 200, 250), (160, 100, 200, 200)]
    rows = np.concatenate([row_at(*each) for each in corners])
    assert len(around(rows[:2], whole, margin=0, rim=30)) == 2
    (found,) = around(rows, whole, margin=0, rim=30)
    assert (found.left, found.top, found.right, found.bottom) == (100, 100, 200, 250)


def test_crowds_are_joined_as_by_the_plain_rule() -> None:
    """Each part in turn takes in the first one that it may join, until there is none."""
    rng = np.random.default_rng(6)
    for rim in (0.0, 40.0, 200.0):
        corners = rng.uniform(20, 1900, (60, 2))
        rows = np.concatenate([row_at(x, y, x + 12, y + 15) for x, y in corners])
        expected: list[list[float]] = []
        for part in ([*row[BOX][:2] - 1, *row[BOX][2:] + 1] for row in rows.astype(np.float64)):
            while True:
                unions = [
                    [min(a, b) for a, b in zip(old[:2], part[:2], strict=True)]
                    + [max(a, b) for a, b in zip(old[2:], part[2:], strict=True)]
                    for old in expected
                ]
                fitting = [
                    at
                    for at, (old, union) in enumerate(zip(expected, unions, strict=True))
                    if cost(union, rim) <= cost(old, rim) + cost(part, rim)
                ]
                if not fitting:
                    break
                part = unions[fitting[0]]
                del expected[fitting[0]]
            expected.append(part)
        margin = 1 / (12 * 15) ** 0.5
        found = around(rows, Region(left=0, top=0, right=2000, bottom=2000), margin=margin, rim=rim)
        assert len(found) == len(expected)
        for region, part in zip(found, expected, strict=True):
            assert (region.left, region.top, region.right, region.bottom) == pytest.approx(part, abs=1e-3)


def cost(part: list[float], rim: float) -> float:
    return (part[2] - part[0] + rim) * (part[3] - part[1] + rim)


def test_a_box_cut_by_a_shared_edge_is_left_to_the_neighbour() -> None:
    region = Region(left=0, top=0, right=100, bottom=50)
    left = Region(left=0, top=0, right=60, bottom=50)
    assert left.holds_whole(row_at(30, 5, 59, 45), region, 2).tolist() == [False]
    assert left.holds_whole(row_at(30, 5, 58, 45), region, 2).tolist() == [True]
    assert left.holds_whole(row_at(-8, -3, 30, 55), region, 2).tolist() == [True]


def test_a_row_belongs_where_its_centre_is() -> None:
    region = Region(left=0, top=0, right=10, bottom=10)
    assert region.holds_centres(row_at(-4, -4, 6, 6)).tolist() == [True]
    assert region.holds_centres(row_at(8, 0, 14, 6)).tolist() == [False]
