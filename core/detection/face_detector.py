"""Which face detector finds the faces: YuNet, or one with a folder or a card of its own."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from core.detection.detector_card import DetectorCard, DetectorLayout, read_detector_card
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
    chosen: Path | DetectorCard | None,
    weights: Path,
    options: DetectionOptions,
    *,
    threads: int = 1,
    gpu: bool = False,
) -> FaceDetector:
    """The detector of a folder or a card, or YuNet from the folder of weights where there is none.

    `gpu` is for networks with YuNet's layout, which run on ONNX Runtime; a one-pass detector runs on LiteRT.

    Raises PermanentError: weights_missing, weights_damaged, weights_unknown_layout; detector_missing,
    detector_damaged, detector_card_unreadable, detector_layout, detector_unreadable.
    """
    if chosen is None:
        return FaceFinder(find_weights(YUNET.name, weights), options, threads=threads, gpu=gpu)
    card = chosen if isinstance(chosen, DetectorCard) else read_detector_card(chosen)
    if card.layout is DetectorLayout.ONE_PASS:
        return OnePassFinder(card, options, threads=threads)
    sha256 = card.network.sha256
    return FaceFinder(card.path, options, name=card.name, file_hash=sha256, threads=threads, gpu=gpu)
