"""Run the face detector over the training pictures once and keep what it saw."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.decode import decode_photo
from core.detection.finder import FaceFinder
from core.detection.options import DetectionOptions
from core.detection.yunet import COLUMNS
from core.release.pictures import ListedPicture

#: Lower than in use: the classifier shall also see what prediction would hardly show it.
TRAINING_OPTIONS = DetectionOptions(score_threshold=0.2)


def look(
    pictures: Sequence[ListedPicture], detector: Path, cached: Path, *, processes: int
) -> list[NDArray[np.float32]]:
    """Candidate rows (n, 16) of each picture, read from `cached` when it fits the pictures."""
    if cached.exists():
        with np.load(cached, allow_pickle=False) as arrays:
            if arrays["names"].tolist() == [str(picture.path) for picture in pictures]:
                return np.split(arrays["rows"], np.cumsum(arrays["counts"])[:-1])
    with ProcessPoolExecutor(processes) as pool:
        work = ((detector, picture.path) for picture in pictures)
        found = list(pool.map(_look_at, *zip(*work, strict=True), chunksize=16))
    np.savez(
        cached,
        names=np.array([str(picture.path) for picture in pictures]),
        counts=np.array([len(rows) for rows in found]),
        rows=np.concatenate([np.empty((0, COLUMNS), np.float32), *found]),
    )
    return found


def _look_at(detector: Path, picture: Path) -> NDArray[np.float32]:
    return _finder(detector).find(decode_photo(picture.read_bytes()))


@cache
def _finder(detector: Path) -> FaceFinder:
    cv2.setNumThreads(1)
    return FaceFinder(detector, TRAINING_OPTIONS)
