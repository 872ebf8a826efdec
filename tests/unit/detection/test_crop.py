"""Crops are square, centred on the face, and repeat the border where the photo ends."""

import numpy as np

from core.detection.crop import cut


def test_the_face_is_in_the_middle_of_the_crop() -> None:
    rgb = np.zeros((200, 200, 3), np.uint8)
    rgb[90:110, 40:60] = 255
    crop = cut(rgb, np.array([[40, 90, 60, 110.0]]), side=60, context=1.5)[0]
    assert crop[11:49, 11:49].min() == 255
    assert crop[:8].max() == crop[:, :8].max() == crop[-8:].max() == 0


def test_outside_the_photo_the_border_is_repeated() -> None:
    rgb = np.full((50, 50, 3), 9, np.uint8)
    rgb[:, :1] = 200
    crop = cut(rgb, np.array([[0, 10, 20, 30.0]]), side=30, context=2.0)[0]
    assert (crop[:, :8] == 200).all()


def test_every_box_in_the_photo_gives_a_crop() -> None:
    rng = np.random.default_rng(3)
    rgb = rng.integers(0, 255, (37, 53, 3), dtype=np.uint8)
    corners = rng.uniform(0, (50, 34), (300, 2))
    boxes = np.concatenate([corners, np.minimum(corners + rng.uniform(2, 60, (300, 2)), (53, 37))], axis=1)
    assert cut(rgb, boxes, side=24).shape == (300, 24, 24, 3)


def test_no_boxes_no_crops() -> None:
    assert cut(np.zeros((9, 9, 3), np.uint8), np.empty((0, 4)), side=24).shape == (0, 24, 24, 3)
