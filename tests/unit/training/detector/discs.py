"""Scenes for the detector's tests: discs on noise, whose colour is their label."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.training.detector.mosaics import Faces
from core.training.detector.scene_store import DecodedScene

COLOURS = ((230, 40, 40), (40, 230, 40), (40, 40, 230))
SIDE = 160


def scene(index: int, *, split: str = "train", folder: str = "photos/images") -> DecodedScene:
    """A picture of 160 px with two discs, and a third one to ignore."""
    rng = np.random.default_rng(index)
    rgb = rng.integers(90, 140, (SIDE, SIDE, 3)).astype(np.uint8)
    boxes, labels = [], []
    for centre in ((40, 40), (110, 110)):
        label, radius = int(rng.integers(3)), int(rng.integers(14, 34))
        cv2.circle(rgb, centre, radius, COLOURS[label], -1)
        boxes.append([centre[0] - radius, centre[1] - radius, centre[0] + radius, centre[1] + radius])
        labels.append(np.eye(3)[label])
    return DecodedScene(
        name=f"{folder}/{index}.jpg",
        folder=folder,
        split=split,
        rgb=rgb,
        faces=faces(boxes, labels, [[4, 120, 24, 140]]),
    )


def faces(boxes: list[list[int]], labels: list[NDArray[np.float64]], ignored: list[list[int]]) -> Faces:
    return Faces(
        boxes=np.array(boxes, np.float32).reshape(-1, 4),
        labels=np.array(labels, np.float32).reshape(-1, 3),
        ignored=np.array(ignored, np.float32).reshape(-1, 4),
    )
