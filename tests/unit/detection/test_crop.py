"""Crops are square, centred on the face, and repeat the border where the photo ends."""

import numpy as np
import pytest

from core.detection.crop import DOWN, cut
from core.detection.crop_box import crop_box
from core.detection.face import Box


def test_the_face_is_in_the_middle_of_the_crop() -> None:
    rgb = np.zeros((200, 200, 3), np.uint8)
    rgb[90:110, 40:60] = 255
    crop = cut(rgb, np.array([[40, 90, 60, 110.0]]), side=60, context=1.5, down=0)[0]
    assert crop[11:49, 11:49].min() == 255
    assert crop[:8].max() == crop[:, :8].max() == crop[-8:].max() == 0


def test_the_square_is_below_the_box_by_a_share_of_the_face() -> None:
    rgb = np.zeros((200, 200, 3), np.uint8)
    rgb[100:] = 255
    box = np.array([[80, 80, 120, 120.0]])
    middle = cut(rgb, box, side=80, context=2.0, down=0)[0]
    lower = cut(rgb, box, side=80, context=2.0, down=0.25)[0]
    assert (middle[40:] == 255).all() and (middle[:40] == 0).all()
    assert (lower[30:] == 255).all() and (lower[:30] == 0).all()


def test_faces_of_earlier_detectors_are_cut_where_todays_are() -> None:
    """A face of 100 px whose earlier box began 21 px lower, ended 12 px lower and was as wide."""
    earlier = Box(x1=0, y1=21, x2=102, y2=112)
    today = crop_box(earlier, "yunet-2-8f2383e4dd3c-0968eb4476be-s16-t0.3")
    assert (today.y1 + today.y2) / 2 == pytest.approx(50, abs=2)
    assert (today.width * today.height) ** 0.5 == pytest.approx(1.11 * 96.3, abs=1)
    for key in ("drawn", "yunet-3-8f2383e4dd3c-s16-t0.3"):
        assert crop_box(earlier, key) == earlier
    assert DOWN > 0


def test_outside_the_photo_the_border_is_repeated() -> None:
    rgb = np.full((50, 50, 3), 9, np.uint8)
    rgb[:, :1] = 200
    crop = cut(rgb, np.array([[0, 10, 20, 30.0]]), side=30, context=2.0, down=0)[0]
    assert (crop[:, :8] == 200).all()


def test_every_box_in_the_photo_gives_a_crop() -> None:
    rng = np.random.default_rng(3)
    rgb = rng.integers(0, 255, (37, 53, 3), dtype=np.uint8)
    corners = rng.uniform(0, (50, 34), (300, 2))
    boxes = np.concatenate([corners, np.minimum(corners + rng.uniform(2, 60, (300, 2)), (53, 37))], axis=1)
    assert cut(rgb, boxes, side=24).shape == (300, 24, 24, 3)


def test_no_boxes_no_crops() -> None:
    assert cut(np.zeros((9, 9, 3), np.uint8), np.empty((0, 4)), side=24).shape == (0, 24, 24, 3)
