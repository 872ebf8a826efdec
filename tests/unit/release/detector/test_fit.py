"""A fit learns, goes on exactly where it was, and its files compute what the network computes."""

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from core.detection.detector import PIPELINE, FaceMaskDetector
from core.detection.detector_card import DetectorLayout, read_detector_card, write_detector
from core.detection.face_detector import open_detector
from core.detection.grid import padded, patches
from core.detection.one_pass import GridNetwork
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.yunet import BOX, SCORE
from core.training.detector.scene_store import SceneStore
from tests.training import Late, need_training, without_graphs
from tests.unit.training.detector.discs import SIDE

need_training()
fits = Late("core.training.detector.fit")
learning = Late("core.release.detector.learner")
pipeline = Late("core.release.detector.pipeline")
evaluating = Late("core.release.detector.evaluate")
exporting = Late("core.release.detector.export")

# TensorFlow warns of samples that it does have.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning"),
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
TINY = {"side": 128, "batch": 4, "widths": (16, 24, 24), "blocks": (1, 1, 1), "rate": 4e-3, "average": 0.9}


def recipe(**changes: Any) -> Any:
    return learning.DetectorRecipe(**{**TINY, **changes})


def fit_discs(scenes: SceneStore, pace: Any, out: Path, **more: Any) -> Any:
    given, weights = recipe(), pipeline.training_weights(scenes)
    return fits.fit(learning.OnePassLearner(given), scenes, weights, given, pace, out, **more)


def begin(out: Path, **changes: Any) -> Any:
    given = recipe(**changes)
    return fits.DetectorFit(learning.OnePassLearner(given), given, out)


def log_of(folder: Path) -> list[dict[str, float]]:
    log: list[dict[str, float]] = fits.read_log(folder)
    return log


@pytest.fixture(scope="module")
def fitted(scenes: SceneStore, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """The averaged network of a fit that has seen enough discs, and its folder."""
    folder = tmp_path_factory.mktemp("fitted")
    pace = fits.Pace(steps=200, logged=20, kept=200, measured=200)
    held_back = range(12, 16)
    network = fit_discs(
        scenes, pace, folder, measure=lambda found: evaluating.measure(found, scenes, held_back)
    )
    return network, folder


def test_the_loss_falls_and_held_back_faces_are_found(fitted: tuple[Any, Path]) -> None:
    log = log_of(fitted[1])
    losses = [line["loss"] for line in log if "loss" in line]
    assert losses[-1] < 0.5 * losses[0]
    assert log[-1]["recall_0.3"] >= 0.8 and log[-1]["ap_0.3"] > 0.6


def test_a_fit_in_two_parts_is_the_same_as_one(scenes: SceneStore, tmp_path: Path) -> None:
    with without_graphs():
        _compare_two_parts_with_one(scenes, tmp_path)


def _compare_two_parts_with_one(scenes: SceneStore, tmp_path: Path) -> None:
    pace = fits.Pace(steps=6, logged=1, kept=2)
    whole = fit_discs(scenes, pace, tmp_path / "whole")
    first = begin(tmp_path / "parts")
    batches = fits.Mosaics(scenes, pipeline.training_weights(scenes), side=128, batch=4, seed=1)
    for step in range(3):
        first.learn(batches.batch(step), pace.steps)
    first.save()
    # What came after the last checkpoint is lost, as by a kill.
    first.learn(batches.batch(3), pace.steps)
    parts = fit_discs(scenes, pace, tmp_path / "parts")
    assert [line["step"] for line in log_of(tmp_path / "parts")] == [4, 5, 6]
    for one, other in zip(whole.get_weights(), parts.get_weights(), strict=True):
        assert one == pytest.approx(other, abs=2e-4)


@pytest.mark.parametrize("steps", [0, 2])
def test_a_fit_that_is_stopped_logs_its_last_step(scenes: SceneStore, tmp_path: Path, steps: int) -> None:
    # A kill before the first checkpoint leaves lines of steps that are done again, the last one cut.
    (tmp_path / fits.LOG_FILE).write_text('{"step": 1, "loss": 1.0}\n{"step": 2, "lo')
    with without_graphs():
        fit_discs(scenes, fits.Pace(steps=9, logged=5), tmp_path, on_step=lambda done: done == steps)
    assert [line["step"] for line in fits.read_log(tmp_path)] == ([steps] if steps else [])


def test_another_recipe_is_not_mixed_into_a_fit(tmp_path: Path) -> None:
    begin(tmp_path)
    with pytest.raises(ValueError, match="recipe"):
        begin(tmp_path, seed=2)


def test_the_rate_rises_stays_and_falls() -> None:
    rates = [fits.rate_at(step, 1000, 1.0) for step in (0, 50, 100, 700, 900, 999)]
    assert rates[0] < rates[1] < 1 == rates[2] == rates[3] > rates[4] > rates[5] > 0


@pytest.fixture(scope="module")
def exported(fitted: tuple[Any, Path], scenes: SceneStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the detector, in floating point and in 8 bits."""
    folder = tmp_path_factory.mktemp("exported")
    exporting.export_float(fitted[0], folder / exporting.FLOAT_FILE, side=128)
    samples = [scenes.rgb(index)[:128, :128] for index in range(12)]
    exporting.export_int8(fitted[0], samples, folder / exporting.INT8_FILE)
    write_detector(
        folder / exporting.INT8_FILE,
        folder / "detector",
        name="discs-1",
        layout=DetectorLayout.ONE_PASS,
        details={},
    )
    return folder


def test_the_floating_point_file_agrees_at_another_size(
    fitted: tuple[Any, Path], exported: Path, scenes: SceneStore
) -> None:
    rgb = scenes.rgb(13)[:100]
    expected = fitted[0](patches(padded(rgb))[None].astype(np.float32) / 128, training=False)
    found = GridNetwork(exported / exporting.FLOAT_FILE).outputs(rgb)
    for one, other in zip(expected, found, strict=True):
        assert np.asarray(one)[0] == pytest.approx(other, abs=1e-3)


def test_the_8_bit_file_finds_the_same_faces(exported: Path, scenes: SceneStore) -> None:
    exact, small = (GridNetwork(exported / name) for name in (exporting.FLOAT_FILE, exporting.INT8_FILE))
    for index in range(12, 16):
        for one, other in zip(
            exact.outputs(scenes.rgb(index)), small.outputs(scenes.rgb(index)), strict=True
        ):
            assert np.abs(one - other).mean() < 0.15


def test_the_folder_is_a_detector_without_landmarks(
    exported: Path, scenes: SceneStore, tmp_path: Path
) -> None:
    card = read_detector_card(exported / "detector")
    finder = open_detector(exported / "detector", tmp_path, DetectionOptions(smallest_face=40))
    assert (finder.name, finder.file_hash) == ("discs-1", card.network.sha256)
    rgb = np.full((640, 640, 3), 110, np.uint8)
    rgb[400 : 400 + SIDE, 300 : 300 + SIDE] = scenes.rgb(14)
    # Decoded at half of its size.
    half = cv2.resize(rgb, (320, 320), interpolation=cv2.INTER_AREA)
    rows = finder.find(DecodedPhoto(rgb=half, width=640, height=640, format="JPEG"))
    assert (rows[:-1, SCORE] >= rows[1:, SCORE]).all()
    middles = (rows[:, BOX][:, :2] + rows[:, BOX][:, 2:]) / 2
    for box in np.add(scenes.faces(14).boxes, (300, 400, 300, 400)):
        assert np.abs(middles - (box[:2] + box[2:]) / 2).max(axis=1).min() < 12


def test_the_product_runs_on_a_chosen_detector(exported: Path, scenes: SceneStore, tmp_path: Path) -> None:
    detector = FaceMaskDetector(tmp_path, detector=exported / "detector")
    sha256 = read_detector_card(exported / "detector").network.sha256[:12]
    assert detector.detector_key == f"discs-1-{PIPELINE}-{sha256}-s16-t0.3", "YuNet's file is not even there"
    photo = DecodedPhoto(rgb=scenes.rgb(14).copy(), width=SIDE, height=SIDE, format="PNG")
    found = detector.find_faces(photo)
    assert len(found) >= 2 and all(face.landmarks == () for face in found)
    assert detector.classify(photo, found).shape == (len(found), 4)
