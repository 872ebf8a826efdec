"""YuNet in Keras computes what its file computes, learns, and goes back into a file of the same layout."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.detection.detector_card import DetectorLayout, read_detector_card, write_detector
from core.detection.face_detector import open_detector
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.weights import YUNET
from core.detection.yunet import BOX, COLUMNS, SCORE, YuNet
from core.errors import PermanentError
from core.training.detector.scene_store import SceneStore
from tests.training import Late, need_training

need_training()
networks = Late("core.training.detector.network")
learning = Late("core.training.detector.yunet")
fits = Late("core.training.detector.fit")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
SIDE_OF_MOSAICS = 96
STEPS = 30


@pytest.fixture(scope="module")
def file(weights: Path) -> bytes:
    """YuNet's file as it comes."""
    return (weights / YUNET.name).read_bytes()


@pytest.fixture(scope="module")
def loaded(file: bytes) -> Any:
    return networks.load_yunet(file)


def fit_discs(file: bytes, scenes: SceneStore, out: Path) -> Any:
    """A learner that was fitted on the discs."""
    learner = learning.YuNetLearner(file, side=SIDE_OF_MOSAICS)
    recipe = fits.FitRecipe(side=SIDE_OF_MOSAICS, batch=2, rate=2e-3, weight_decay=0.0, average=0.5)
    pace = fits.Pace(steps=STEPS, logged=1, kept=STEPS)
    fits.fit(learner, scenes, dict.fromkeys(range(12), 1.0), recipe, pace, out)
    return learner


@pytest.fixture(scope="module")
def tuned(file: bytes, scenes: SceneStore, tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, Path]:
    """The file of a fit, and its folder."""
    out = tmp_path_factory.mktemp("tuned")
    return fit_discs(file, scenes, out).file(), out


def test_the_network_computes_what_its_file_computes(file: bytes, loaded: Any) -> None:
    pictures = np.random.default_rng(1).integers(0, 256, (2, 64, 96, 3)).astype(np.float32)
    blob = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2))
    session = YuNet(file)._session
    given = [each.name for each in session.get_outputs()]
    expected = dict(zip(given, session.run(None, {"input": blob}), strict=True))
    found = [np.asarray(each) for each in loaded.model(pictures)]
    names = [f"{kind}_{stride}" for stride in (8, 16, 32) for kind in networks.KINDS]
    for name, output in zip(names, found, strict=True):
        value = 1 / (1 + np.exp(-output)) if name[:3] in ("cls", "obj") else output
        assert np.abs(value.reshape(expected[name].shape) - expected[name]).max() < 1e-5, name


def test_untrained_weights_go_back_byte_by_byte(file: bytes, loaded: Any) -> None:
    assert networks.to_onnx(loaded) == file


def test_a_blend_is_between_two_files(file: bytes) -> None:
    lower = networks.shifted(file, -1.0)
    assert networks.blended(file, lower, 0.0) == file and networks.blended(file, lower, 1.0) == lower
    picture = np.random.default_rng(2).integers(0, 256, (64, 96, 3)).astype(np.uint8)
    half, expected = (
        YuNet(each).candidates(picture, threshold=1e-4)[:, SCORE]
        for each in (networks.blended(file, lower, 0.5), networks.shifted(file, -0.5))
    )
    assert half == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("other", [b"", b"no network", b"\x08\x07"])
def test_a_file_with_another_layout_is_refused(other: bytes) -> None:
    with pytest.raises(PermanentError) as caught:
        networks.load_yunet(other)
    assert caught.value.code == "weights_unknown_layout"


def test_the_loss_falls(tuned: tuple[bytes, Path]) -> None:
    lines = [json.loads(line) for line in (tuned[1] / fits.LOG_FILE).read_text().splitlines()]
    assert [line["step"] for line in lines] == list(range(1, STEPS + 1))
    assert all(np.isfinite(line[part]) for line in lines for part in learning.YuNetLearner.parts)
    losses = [line["loss"] for line in lines]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_it_learns_faces_that_yunet_does_not_know(
    file: bytes, tuned: tuple[bytes, Path], scenes: SceneStore
) -> None:
    assert best_score(tuned[0], scenes) > best_score(file, scenes) + 0.2


def best_score(weights: bytes, scenes: SceneStore) -> float:
    """The mean of the best scores on the held-back discs."""
    network, best = YuNet(weights), []
    for index in range(12, 16):
        rows = network.candidates(np.ascontiguousarray(scenes.rgb(index)), threshold=0.01)
        middles = (rows[:, BOX][:, :2] + rows[:, BOX][:, 2:]) / 2
        for box in scenes.faces(index).boxes:
            inside = ((middles > box[:2]) & (middles < box[2:])).all(axis=1)
            best.append(float(rows[inside, SCORE].max(initial=0.0)))
    return float(np.mean(best))


def test_the_file_is_a_detector_with_yunets_layout(
    file: bytes, tuned: tuple[bytes, Path], tmp_path: Path
) -> None:
    assert len(tuned[0]) == len(file)
    given, folder = tmp_path / "detector.onnx", tmp_path / "detector"
    given.write_bytes(tuned[0])
    write_detector(given, folder, name="tuned-1", layout=DetectorLayout.YUNET, details={})
    finder = open_detector(folder, tmp_path, DetectionOptions())
    assert finder.name == "tuned-1" and finder.file_hash == read_detector_card(folder).network.sha256
    picture = DecodedPhoto(rgb=np.zeros((64, 64, 3), np.uint8), width=64, height=64, format="PNG")
    assert finder.find(picture).shape[1] == COLUMNS


FACE = [[40.0, 40.0, 64.0, 64.0]]
NONE = [[0.0, 0.0, 0.0, 0.0]]


def outputs(present: float, landmark: float = 0.0) -> list[np.ndarray]:
    """A network that gives every cell the same numbers, with boxes of three cells."""
    values = ((1, 2.0), (1, present), (4, 1.1), (10, landmark))
    return [
        np.full((1, SIDE_OF_MOSAICS // stride, SIDE_OF_MOSAICS // stride, channels), value, np.float32)
        for stride in (8, 16, 32)
        for channels, value in values
    ]


def loss(given: list[np.ndarray], first: list[np.ndarray], ignored: list[list[float]]) -> dict[str, float]:
    cells = learning.corner_cells(SIDE_OF_MOSAICS)
    faces, ignored_boxes = np.array([FACE], np.float32), np.array([ignored], np.float32)
    parts = learning.yunet_loss(given, first, faces, ignored_boxes, cells)
    return {name: float(value) for name, value in parts.items()}


def test_a_scoring_background_costs_unless_it_is_ignored() -> None:
    loud, quiet = outputs(3.0), outputs(-4.0)
    everywhere = [[-1.0, -1.0, 200.0, 200.0]]
    assert loss(loud, loud, NONE)["object"] > 5 * loss(quiet, quiet, NONE)["object"]
    assert loss(loud, loud, everywhere)["object"] < 0.2 * loss(loud, loud, NONE)["object"]


def test_landmarks_stay_where_the_first_network_saw_the_face() -> None:
    same, moved, unsure = outputs(3.0), outputs(3.0, landmark=1.0), outputs(-6.0, landmark=1.0)
    assert loss(same, same, NONE)["landmarks"] == 0
    assert loss(same, moved, NONE)["landmarks"] > 0.1
    assert loss(same, unsure, NONE)["landmarks"] == 0, "it did not see the face"
