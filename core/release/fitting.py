"""Fit the network in two stages; a killed fit goes on from its last finished epoch."""

import json
import math
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import keras
import numpy as np

from core.detection.classifier import softmax
from core.training.network.batches import Batch, TrainingBatches
from core.training.network.canvas import CanvasStore
from core.training.network.network import (
    FIRST_TRAINED_LAYER,
    build_network,
    train_head_only,
    train_upper_layers,
)

STATE_FILE = "fit.json"
WEIGHTS_FILE = "fit.weights.h5"

#: The batches of an epoch by its number and how many there are.
Batches = Callable[[int, int], Iterator[Batch]]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """What a fit does; a fit goes on only where its recipe is the one it began with."""

    side: int = 112
    #: MobileNetV2's multiplier of channels.
    width: float = 1.0
    batch: int = 64
    #: Batches an epoch.
    steps: int = 200
    head_epochs: int = 1
    #: Epochs of the second stage, a cycle at a time: the learning rate falls in each and then starts anew,
    #: so that a usable classifier stands at the end of each (Loshchilov and Hutter 2017).
    cycles: tuple[int, ...] = (3, 4, 8)
    #: Of how many last cycles the weights at their ends are averaged (Izmailov et al. 2018).
    averaged: int = 2
    head_rate: float = 1e-3
    full_rate: float = 4e-4
    label_smoothing: float = 0.05
    dropout: float = 0.3
    #: Whether batch normalization learns its statistics or keeps those it began with.
    learn_statistics: bool = False
    #: Share of a teacher's answer in what the network is to say; 0 where there is none.
    teacher_share: float = 0.0
    #: Backbone layer from which the second stage trains; what is below stays as it began.
    first_layer: str = FIRST_TRAINED_LAYER
    seed: int = 1

    @property
    def epochs(self) -> int:
        """Of both stages."""
        return self.head_epochs + sum(self.cycles)

    @property
    def averaged_ends(self) -> list[int]:
        """Epochs after which the averaged cycles end."""
        ends = [self.head_epochs + sum(self.cycles[: number + 1]) for number in range(len(self.cycles))]
        return ends[-self.averaged :]

    def rate(self, epochs: float) -> float:
        """Learning rate after so many epochs of the whole fit."""
        if epochs < self.head_epochs:
            return self.head_rate
        within, cycle = epochs - self.head_epochs, 0
        while cycle < len(self.cycles) - 1 and within >= self.cycles[cycle]:
            within -= self.cycles[cycle]
            cycle += 1
        fallen = 0.5 * (1 + math.cos(math.pi * min(within / self.cycles[cycle], 1)))
        return self.full_rate / 2**cycle * (0.02 + 0.98 * fallen)


#: The shipped network: half as wide, so a third of the time a face; it learns most from the wide one.
NARROW = Recipe(
    width=0.5,
    cycles=(4, 8),
    averaged=1,
    full_rate=1e-3,
    learn_statistics=True,
    teacher_share=0.7,
    dropout=0.1,
    first_layer="Conv1",
)


def fit(
    canvases: CanvasStore,
    recipe: Recipe,
    out: Path,
    *,
    begin: Callable[[keras.Model], None],
    teacher: keras.Model | None = None,
) -> keras.Model:
    """Return the fitted network; its last finished epoch stands in `out` all the while.

    `begin` fills a new network with the weights that a fit starts from; a fit that goes on needs it not.
    A `teacher`'s probabilities for the same augmented crops are mixed into the labels by `teacher_share`
    (distillation: Hinton, Vinyals and Dean 2015).
    """
    out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed)
    network = build_network(
        recipe.side, width=recipe.width, dropout=recipe.dropout, learn_statistics=recipe.learn_statistics
    )
    done = _finished_epochs(recipe, out)
    if done:
        network.load_weights(out / WEIGHTS_FILE)
    else:
        begin(network)
    batches = TrainingBatches(canvases, side=recipe.side, batch=recipe.batch, seed=recipe.seed)
    upper = partial(train_upper_layers, first=recipe.first_layer)
    stages = ((train_head_only, range(done, recipe.head_epochs)), (upper, _second(recipe, done)))
    for free, epochs in stages:
        if epochs:
            free(network)
            _compile(network, recipe)
        for epoch in epochs:
            _learn(network, _taught(batches, recipe, teacher), recipe, epoch)
            _keep(network, recipe, out, epoch + 1)
    _average(network, [_end_file(out, epoch) for epoch in recipe.averaged_ends])
    return network


def _taught(batches: TrainingBatches, recipe: Recipe, teacher: keras.Model | None) -> Batches:
    """The batches of an epoch, their labels mixed with what a teacher says of the crops."""
    if teacher is None:
        return batches.epoch

    def mixed(epoch: int, steps: int) -> Iterator[Batch]:
        for crops, labels in batches.epoch(epoch, steps):
            said = softmax(teacher.predict_on_batch(crops), 1.0)
            yield crops, (1 - recipe.teacher_share) * labels + recipe.teacher_share * said

    return mixed


def _second(recipe: Recipe, done: int) -> range:
    return range(max(done, recipe.head_epochs), recipe.epochs)


def _compile(network: keras.Model, recipe: Recipe) -> None:
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
    network.compile(keras.optimizers.Adam(recipe.head_rate), loss=loss, metrics=["accuracy"])


def _learn(network: keras.Model, batches: Batches, recipe: Recipe, epoch: int) -> None:
    """One epoch.

    Not `network.fit`: TensorFlow's generator data set makes glibc return freed memory at once, after which
    page faults took half of the processor time.
    """
    start, figures = time.perf_counter(), {}
    network.reset_metrics()
    for step, (crops, labels) in enumerate(batches(epoch, recipe.steps)):
        network.optimizer.learning_rate.assign(recipe.rate(epoch + step / recipe.steps))
        figures = network.train_on_batch(crops, labels, return_dict=True)
    told = ", ".join(f"{name} {float(value):.4f}" for name, value in figures.items())
    seconds = time.perf_counter() - start
    print(f"epoch {epoch + 1} of {recipe.epochs}: {told}, {seconds:.0f} s", flush=True)


def _keep(network: keras.Model, recipe: Recipe, out: Path, epochs: int) -> None:
    """Weights first, then the state that counts them, each by rename: a kill in between loses nothing."""
    fresh = out / f"next.{WEIGHTS_FILE}"
    network.save_weights(fresh)
    if epochs in recipe.averaged_ends:
        shutil.copyfile(fresh, _end_file(out, epochs))
    fresh.replace(out / WEIGHTS_FILE)
    state = out / f"next.{STATE_FILE}"
    state.write_text(json.dumps({"recipe": _as_json(recipe), "epochs": epochs}))
    state.replace(out / STATE_FILE)


def _end_file(out: Path, epochs: int) -> Path:
    return out / f"end-{epochs}.weights.h5"


def _average(network: keras.Model, files: list[Path]) -> None:
    """Fill the network with the mean of what the files hold; without a file it stays as it is."""
    held = []
    for file in files:
        network.load_weights(file)
        held.append(network.get_weights())
    if held:
        network.set_weights([np.mean(arrays, axis=0) for arrays in zip(*held, strict=True)])


def _finished_epochs(recipe: Recipe, out: Path) -> int:
    if not (out / STATE_FILE).exists():
        return 0
    state = json.loads((out / STATE_FILE).read_text())
    return int(state["epochs"]) if state["recipe"] == _as_json(recipe) else 0


def _as_json(recipe: Recipe) -> dict[str, object]:
    return {**asdict(recipe), "cycles": list(recipe.cycles)}
