"""Our decoding of YuNet's outputs, at any size, gives what OpenCV's own detector gives."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.detection.weights import YUNET, find_weights
from core.detection.yunet import BOX, LANDMARKS, SCORE, YuNet, free_input_size
from core.errors import PermanentError


@pytest.fixture(scope="module")
def network(weights: Path) -> YuNet:
    return YuNet(find_weights(YUNET.name, weights))


@pytest.mark.parametrize("side", [256, 448, 512])
def test_best_candidate_is_opencvs(
    network: YuNet, weights: Path, astronaut: NDArray[np.uint8], side: int
) -> None:
    rgb = np.ascontiguousarray(cv2.resize(astronaut, (side, side))[: side - 7])
    rows = network.candidates(rgb, threshold=0.6)
    best = rows[rows[:, SCORE].argmax()]
    theirs = cv2.FaceDetectorYN.create(str(find_weights(YUNET.name, weights)), "", rgb.shape[1::-1], 0.6)
    face = theirs.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))[1][0]
    assert best[SCORE] == pytest.approx(face[14], abs=0.01)
    assert best[BOX][:2] == pytest.approx(face[:2], abs=0.5)
    assert best[BOX][2:] - best[BOX][:2] == pytest.approx(face[2:4], abs=0.5)
    assert best[LANDMARKS] == pytest.approx(face[4:14], abs=0.5)


def test_threshold_drops_rows(network: YuNet, astronaut: NDArray[np.uint8]) -> None:
    low, high = (network.candidates(astronaut, threshold=at) for at in (0.2, 0.9))
    assert len(low) > len(high) > 0
    assert high[:, SCORE].min() >= 0.9


def test_a_pixel_is_no_face(network: YuNet) -> None:
    assert len(network.candidates(np.zeros((1, 1, 3), np.uint8), threshold=0.3)) == 0


def test_another_file_is_refused() -> None:
    with pytest.raises(PermanentError) as caught:
        free_input_size(bytes(5000))
    assert caught.value.code == "weights_unknown_layout"
