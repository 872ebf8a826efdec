"""Our decoding of YuNet's outputs, at any size, gives what OpenCV's own detector gives."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from core.detection import yunet
from core.detection.weights import YUNET, find_weights
from core.detection.yunet import BOX, LANDMARKS, SCORE, YuNet, execution_providers, free_input_size
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


def test_pictures_together_give_what_each_gives_alone(network: YuNet, astronaut: NDArray[np.uint8]) -> None:
    pictures = [astronaut, astronaut[:, ::-1].copy(), astronaut[:300], np.zeros_like(astronaut)]
    together = network.candidates_of(pictures, threshold=0.3)
    alone = [network.candidates(picture, threshold=0.3) for picture in pictures]
    assert [len(rows) for rows in together] == [len(rows) for rows in alone]
    for one, other in zip(together, alone, strict=True):
        assert one == pytest.approx(other, abs=1e-3)
    assert network.candidates_of([], threshold=0.3) == []


def test_a_gpu_is_used_where_it_is_wanted_and_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = ["CPUExecutionProvider"]
    assert execution_providers(gpu=True) == execution_providers(gpu=False) == cpu
    both = ["TensorrtExecutionProvider", "CUDAExecutionProvider", "CPUExecutionProvider"]
    monkeypatch.setattr(yunet.ort, "get_available_providers", lambda: both)
    assert execution_providers(gpu=False) == cpu
    assert execution_providers(gpu=True) == ["CUDAExecutionProvider", "CPUExecutionProvider"]


def test_without_a_gpu_the_setting_changes_nothing(weights: Path, astronaut: NDArray[np.uint8]) -> None:
    path = find_weights(YUNET.name, weights)
    plain, wanted = (YuNet(path, gpu=gpu) for gpu in (False, True))
    assert plain.batch == wanted.batch == 1
    assert np.array_equal(*(net.candidates(astronaut, threshold=0.3) for net in (plain, wanted)))
