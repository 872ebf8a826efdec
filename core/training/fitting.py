"""Fit the network in two stages; a killed fit goes on from its last finished epoch."""

import json
import math
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import keras

from core.training.batches import TrainingBatches
from core.training.canvas import CanvasStore
from core.training.network import build_network, train_head_only, train_upper_layers

STATE_FILE = "fit.json"
WEIGHTS_FILE = "fit.weights.h5"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a fit does; a fit goes on only where its recipe is the one it began with."""

    side: int = 112
    batch: int = 64
    #: Batches an epoch.
    steps: int = 200
    head_epochs: int = 1
    #: Epochs of the second stage, a cycle at a time: the learning rate falls in each and then starts anew,
    #: so that a usable classifier stands at the end of each (Loshchilov and Hutter 2017).
    cycles: tuple[int, ...] = (3, 4)
    head_rate: float = 1e-3
    full_rate: float = 4e-4
    label_smoothing: float = 0.05
    dropout: float = 0.3
    seed: int = 1

    @property
    def epochs(self) -> int:
        """Of both stages."""
        return self.head_epochs + sum(self.cycles)

    def rate(self, epochs: float) -> float:
        """Learning rate of the second stage after so many epochs of the whole fit."""
        within, cycle = epochs - self.head_epochs, 0
        while cycle < len(self.cycles) - 1 and within >= self.cycles[cycle]:
            within -= self.cycles[cycle]
            cycle += 1
        fallen = 0.5 * (1 + math.cos(math.pi * min(within / self.cycles[cycle], 1)))
        return self.full_rate / 2**cycle * (0.02 + 0.98 * fallen)


def fit(
    canvases: CanvasStore, recipe: Recipe, out: Path, *, begin: Callable[[keras.Model], None]
) -> keras.Model:
    """Return the fitted network; its last finished epoch stands in `out` all the while.

    `begin` fills a new network with the weights that a fit starts from; a fit that goes on needs it not.
    """
    keras.utils.set_random_seed(recipe.seed)
    network = build_network(recipe.side, dropout=recipe.dropout)
    done = _finished_epochs(recipe, out)
    if done:
        network.load_weights(out / WEIGHTS_FILE)
    else:
        begin(network)
    if done < recipe.head_epochs:
        train_head_only(network)
        _run(network, canvases, recipe, out, done, recipe.head_epochs, recipe.head_rate)
    if done < recipe.epochs:
        train_upper_layers(network)
        rate = _FallingRate(recipe)
        _run(network, canvases, recipe, out, max(done, recipe.head_epochs), recipe.epochs, rate)
    return network


def _run(
    network: keras.Model,
    canvases: CanvasStore,
    recipe: Recipe,
    out: Path,
    first: int,
    last: int,
    rate: "float | _FallingRate",
) -> None:
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
    start = rate if isinstance(rate, float) else recipe.full_rate
    network.compile(keras.optimizers.Adam(start), loss=loss, metrics=["accuracy"])
    batches = TrainingBatches(
        canvases,
        side=recipe.side,
        batch=recipe.batch,
        steps=recipe.steps,
        seed=recipe.seed,
        first_epoch=first,
    )
    callbacks: list[keras.callbacks.Callback] = [_KeepEpoch(recipe, out)]
    if not isinstance(rate, float):
        callbacks.insert(0, rate)
    network.fit(batches, initial_epoch=first, epochs=last, callbacks=callbacks, verbose=2)


class _FallingRate(keras.callbacks.Callback):
    """The learning rate falls along a cosine, batch by batch, and knows its place after a restart."""

    def __init__(self, recipe: Recipe) -> None:
        super().__init__()
        self._recipe, self._epoch = recipe, 0

    def on_epoch_begin(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        self._epoch = epoch

    def on_train_batch_begin(self, batch: int, logs: dict[str, float] | None = None) -> None:
        rate = self._recipe.rate(self._epoch + batch / self._recipe.steps)
        self.model.optimizer.learning_rate.assign(rate)


class _KeepEpoch(keras.callbacks.Callback):
    """Weights first, then the state that counts them, each by rename: a kill in between loses nothing."""

    def __init__(self, recipe: Recipe, out: Path) -> None:
        super().__init__()
        self._recipe, self._out = recipe, out

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        fresh = self._out / f"next.{WEIGHTS_FILE}"
        self.model.save_weights(fresh)
        fresh.replace(self._out / WEIGHTS_FILE)
        state = self._out / f"next.{STATE_FILE}"
        state.write_text(json.dumps({"recipe": _as_json(self._recipe), "epochs": epoch + 1}))
        state.replace(self._out / STATE_FILE)


def _finished_epochs(recipe: Recipe, out: Path) -> int:
    if not (out / STATE_FILE).exists():
        return 0
    state = json.loads((out / STATE_FILE).read_text())
    return int(state["epochs"]) if state["recipe"] == _as_json(recipe) else 0


def _as_json(recipe: Recipe) -> dict[str, object]:
    return {**asdict(recipe), "cycles": list(recipe.cycles)}
