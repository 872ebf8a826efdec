"""A fit learns, resumes where it was killed, and its export computes what the network computes."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core.errors import PermanentError
from core.training.network.canvas import CANVAS_SIDE, Canvas, CanvasStore, open_canvases, write_canvases
from models.label import Label
from tests.training import Late, need_training, without_graphs

need_training()
fitting = Late("core.release.fitting")
means = Late("core.release.running_mean")
litert_file = Late("core.training.network.litert_file")
networks = Late("core.training.network.network")

# Keras hands h5py arrays that do not know NumPy 2's copy keyword.
# TensorFlow warns of samples that it does have.
pytestmark = [
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Statistics for quantized inputs:UserWarning"),
]

SMALL = {"side": 32, "batch": 8, "steps": 2, "head_epochs": 1, "cycles": (1, 1)}


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


def test_the_rate_rises_first_where_asked() -> None:
    recipe = fitting.Recipe(head_epochs=0, cycles=(4,), steps=100, full_rate=1.0, warm_up=50)
    rates = [recipe.rate(at / 100) for at in (0, 24, 49, 50, 300)]
    assert rates[0] == pytest.approx(0.02, abs=1e-3) and rates[1] == pytest.approx(0.5, abs=0.01)
    assert rates[2] > 0.95 and rates[3] > rates[4]


class Begun(Exception):
    """A fit starts with a new network."""


def refuse(network: object) -> None:
    raise Begun


@pytest.fixture(scope="module")
def fitted(store: CanvasStore, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Path]:
    """The network of a whole fit, and the folder of its states."""
    folder, begun = tmp_path_factory.mktemp("fitted"), []
    with without_graphs():
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


class Weights:
    """Stands for a network: its weights alone."""

    def __init__(self, value: float) -> None:
        self.arrays = [np.full((2, 3), value), np.full(4, value)]

    def get_weights(self) -> list[np.ndarray]:
        return self.arrays

    def set_weights(self, arrays: list[np.ndarray]) -> None:
        self.arrays = arrays


def test_a_running_mean_forgets_half_within_its_half_life_and_goes_on(tmp_path: Path) -> None:
    mean, changed = means.RunningMean(Weights(0.0), 200), Weights(0.0)
    for _ in range(300):
        mean.update(changed)
    changed.set_weights([array + 1 for array in changed.arrays])
    for _ in range(10):
        mean.update(changed)
    mean.save(tmp_path)
    later = means.RunningMean(Weights(7.0), 200)
    later.load(tmp_path)
    for _ in range(10):
        later.update(changed)
    later.fill(changed, tmp_path)
    for array in changed.arrays:
        np.testing.assert_allclose(array, 0.5, atol=1e-6)


def test_running_means_of_several_epochs_are_mixed_by_their_shares(tmp_path: Path) -> None:
    for epochs, value in ((2, 0.0), (5, 4.0)):
        means.RunningMean(Weights(value), 100).save(tmp_path, keep=epochs)
    network = Weights(9.0)
    means.RunningMean(network, 100).fill(network, tmp_path, ((2, 1.0), (5, 3.0)))
    for array in network.arrays:
        np.testing.assert_allclose(array, 3.0)


@pytest.mark.slow
def test_a_fit_with_a_running_mean_goes_on_with_it(store: CanvasStore, tmp_path: Path) -> None:
    """Its network is the mean, which a second call reads instead of beginning anew."""
    recipe = fitting.Recipe(
        **{**SMALL, "steps": 10, "head_epochs": 0, "running_mean": 20, "mixed": ((1, 0.5), (2, 0.5))}
    )
    first = fitting.fit(store, recipe, tmp_path, begin=lambda _network: None).get_weights()
    again = fitting.fit(store, recipe, tmp_path, begin=refuse)
    last = fitting.build_network(32)
    last.load_weights(tmp_path / "fit.weights.h5")
    for mean, read in zip(first, again.get_weights(), strict=True):
        np.testing.assert_allclose(mean, read, atol=1e-6)
    assert any(np.abs(mean - end).max() > 1e-4 for mean, end in zip(first, last.get_weights(), strict=True))


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
