"""Which face detector finds the faces: YuNet, or a one-pass detector in a folder of its own."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.detection.detector_card import read_detector_card
from core.detection.finder import FaceFinder
from core.detection.one_pass import OnePassFinder
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.weights import YUNET, find_weights


class FaceDetector(Protocol):
    """What every face detector gives; all else in the product knows no more of it."""

    @property
    def name(self) -> str:
        """The `detector_key` of its faces begins with it."""

    @property
    def file_hash(self) -> str:
        """SHA-256 of the network's file, in hexadecimal digits."""

    def find(self, photo: DecodedPhoto) -> NDArray[np.float32]:
        """Merged candidates, float32 (n, 16 or more), best score first.

        The columns are those of `core.detection.yunet`; landmarks are NaN where a detector has none. Boxes
        are in pixels of the full-size photo, not yet clipped.
        """


def open_detector(
    folder: Path | None,
    weights: Path,
    options: DetectionOptions,
    *,
    threads: int = 1,
    gpu: bool = False,
) -> FaceDetector:
    """The one-pass detector of a folder, or YuNet from the folder of weights where there is none.

    `gpu` is for YuNet, which runs on ONNX Runtime; a one-pass detector runs on LiteRT.

    Raises PermanentError: weights_missing, weights_damaged; detector_missing, detector_damaged,
    detector_card_unreadable, detector_layout, detector_unreadable.
    """
    if folder is None:
        return FaceFinder(find_weights(YUNET.name, weights), options, threads=threads, gpu=gpu)
    return OnePassFinder(read_detector_card(folder), options, threads=threads)
