"""A fit learns, resumes where it was killed, and its export computes what the network computes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import PermanentError
from core.training.network.canvas import CANVAS_SIDE, Canvas, CanvasStore, open_canvases, write_canvases
from models.label import Label
from tests.training import Late, need_training

need_training()
fitting = Late("core.release.fitting")
litert_file = Late("core.training.network.litert_file")
networks = Late("core.training.network.network")

# Keras hands h5py arrays that do not know NumPy 2's copy keyword.
# TensorFlow warns of samples that it does have.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning"),
]

SMALL = {"side": 32, "batch": 8, "steps": 4, "head_epochs": 1, "cycles": (1, 1)}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> CanvasStore:
    """Canvases whose colour is their label."""
    folder = tmp_path_factory.mktemp("canvases")
    colours = np.array([[220, 30, 30], [30, 220, 30], [30, 30, 220], [128, 128, 128]], np.uint8)
    write_canvases(
        (
            Canvas(
                pixels=np.tile(colours[index % 4], (CANVAS_SIDE, CANVAS_SIDE, 1)),
                label=list(Label)[index % 4],
                split="train",
                source="photos",
                face_size=50.0,
                picture=index,
            )
            for index in range(24)
        ),
        folder,
    )
    return open_canvases(folder)


def test_rate_falls_in_each_cycle_and_starts_anew_lower() -> None:
    recipe = fitting.Recipe(head_epochs=1, cycles=(3, 4), full_rate=1.0)
    rates = [recipe.rate(at) for at in (1, 2, 3.999, 4, 6, 7.999)]
    assert rates[0] == 1.0 and rates[3] == 0.5
    assert rates[0] > rates[1] > rates[2] < rates[3] > rates[4] > rates[5]


class Begun(Exception):
    """A fit starts with a new network."""


def refuse(network: object) -> None:
    raise Begun


@pytest.fixture(scope="module")
def fitted(store: CanvasStore, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """The network of a whole fit, and the folder of its states."""
    folder, begun = tmp_path_factory.mktemp("fitted"), []
    network = fitting.fit(store, fitting.Recipe(**SMALL), folder, begin=begun.append)
    assert len(begun) == 1
    return network, folder


@pytest.mark.slow
def test_a_fit_goes_on_and_its_export_agrees(
    store: CanvasStore, fitted: tuple[Any, Path], tmp_path: Path
) -> None:
    first, folder = fitted
    again = fitting.fit(store, fitting.Recipe(**SMALL), folder, begin=refuse)
    for one, other in zip(first.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_allclose(one, other)
    ends = []
    for epoch in (2, 3):
        first.load_weights(folder / f"end-{epoch}.weights.h5")
        ends.append(first.get_weights())
    for mean, one, other in zip(again.get_weights(), *ends, strict=True):
        np.testing.assert_allclose(mean, (one + other) / 2, atol=1e-6)
    crops = np.asarray(store.pixels[:8, :32, :32])
    choice = litert_file.choose_file(first, crops, crops, store.labels[:8], tmp_path)
    expected = first.predict(crops.astype(np.float32), verbose=0)
    assert choice.logits == pytest.approx(expected, abs=0.5)


def test_another_recipe_starts_anew(store: CanvasStore, fitted: tuple[Any, Path]) -> None:
    with pytest.raises(Begun):
        fitting.fit(store, fitting.Recipe(**SMALL, seed=2), fitted[1], begin=refuse)


def test_half_precision_weights_come_back(tmp_path: Path) -> None:
    network, other = networks.build_network(32), networks.build_network(32)
    networks.save_half(network, tmp_path / "weights.npz")
    networks.load_half(other, tmp_path / "weights.npz")
    for one, two in zip(network.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-3, rtol=1e-3)


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "weights.npz", w000=np.zeros(3, np.float16))
    with pytest.raises(PermanentError) as caught:
        networks.load_half(networks.build_network(32), tmp_path / "weights.npz")
    assert caught.value.code == "weights_unknown_layout"
