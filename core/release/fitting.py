"""Fit the network in two stages; a killed fit resumes after its last finished epoch."""

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
from numpy.typing import NDArray

from core.detection.classifier import softmax
from core.release.running_mean import EVERY, RunningMean
from core.training.network.batches import Batch, TrainingBatches
from core.training.network.canvas import CanvasStore
from core.training.network.network import (
    FIRST_TRAINED_LAYER,
    build_network,
    build_variables,
    train_head_only,
    train_upper_layers,
)

STATE_FILE = "fit.json"
WEIGHTS_FILE = "fit.weights.h5"

#: The batches of an epoch by its number and how many there are.
Batches = Callable[[int, int], Iterator[Batch]]


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hyperparameters of a fit; a fit resumes only with the recipe that it started with."""

    side: int = 112
    #: MobileNetV2's channel multiplier.
    width: float = 1.0
    batch: int = 64
    #: Batches per epoch.
    steps: int = 200
    head_epochs: int = 1
    #: Epochs of each cycle of the second stage: the learning rate falls in each cycle and then restarts, so
    #: that a usable classifier exists at the end of each (Loshchilov and Hutter 2017).
    cycles: tuple[int, ...] = (3, 4, 8)
    #: How many of the last cycles have their final weights averaged (Izmailov et al. 2018).
    averaged: int = 2
    head_rate: float = 1e-3
    full_rate: float = 4e-4
    label_smoothing: float = 0.05
    dropout: float = 0.3
    #: Batches at the start over which the learning rate rises to its highest.
    warm_up: int = 0
    #: Where not 0, the fitted weights are a running mean that forgets half within about so many batches.
    running_mean: int = 0
    #: Epochs after which the running mean is kept, and the share of each in the fitted weights; without any,
    #: the last one is fitted.
    mixed: tuple[tuple[int, float], ...] = ()
    #: Whether batch normalization learns its statistics or keeps the initial ones.
    learn_statistics: bool = False
    #: Share of a teacher's probabilities in the target; 0 without a teacher.
    teacher_share: float = 0.0
    #: Backbone layer from which on the second stage trains; layers below keep their weights.
    first_layer: str = FIRST_TRAINED_LAYER
    seed: int = 1

    @property
    def epochs(self) -> int:
        """Epochs of both stages."""
        return self.head_epochs + sum(self.cycles)

    @property
    def averaged_ends(self) -> list[int]:
        """Epochs after which the averaged cycles end."""
        ends = [self.head_epochs + sum(self.cycles[: number + 1]) for number in range(len(self.cycles))]
        return ends[-self.averaged :]

    def rate(self, epochs: float) -> float:
        """Learning rate after this number of epochs of the whole fit."""
        if epochs < self.head_epochs:
            return self.head_rate
        within, cycle = epochs - self.head_epochs, 0
        while cycle < len(self.cycles) - 1 and within >= self.cycles[cycle]:
            within -= self.cycles[cycle]
            cycle += 1
        fallen = 0.5 * (1 + math.cos(math.pi * min(within / self.cycles[cycle], 1)))
        risen = min(1.0, (epochs * self.steps + 1) / max(self.warm_up, 1))
        return self.full_rate / 2**cycle * (0.02 + 0.98 * fallen) * risen


#: A narrow network: half as wide, a third of the time per face; it learns mostly from the wide one.
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
    """Fit and return the network; the state after the last finished epoch is kept in `out`.

    `begin` fills a new network with its starting weights; it is not called when a fit resumes.
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
    mean = RunningMean(network, recipe.running_mean) if recipe.running_mean else None
    if mean is not None and done:
        mean.load(out)
    batches = TrainingBatches(canvases, side=recipe.side, batch=recipe.batch, seed=recipe.seed)
    upper = partial(train_upper_layers, first=recipe.first_layer)
    stages = ((train_head_only, range(done, recipe.head_epochs)), (upper, _second(recipe, done)))
    for free, epochs in stages:
        if epochs:
            free(network)
            _compile(network, recipe)
        for epoch in epochs:
            _learn(network, _taught(batches, recipe, teacher), recipe, epoch, mean)
            if mean is not None:
                mean.save(out, keep=epoch + 1 if epoch + 1 in dict(recipe.mixed) else None)
            _keep(network, recipe, out, epoch + 1)
    if mean is not None:
        mean.fill(network, out, recipe.mixed)
    else:
        _average(network, [_end_file(out, epoch) for epoch in recipe.averaged_ends])
    return network


def _taught(batches: TrainingBatches, recipe: Recipe, teacher: keras.Model | None) -> Batches:
    """The batches of an epoch, with labels mixed with the teacher's probabilities."""
    if teacher is None:
        return batches.epoch

    def mixed(epoch: int, steps: int) -> Iterator[Batch]:
        for crops, labels in batches.epoch(epoch, steps):
            taught = softmax(teacher.predict_on_batch(crops), 1.0)
            yield crops, (1 - recipe.teacher_share) * labels + recipe.teacher_share * taught

    return mixed


def _second(recipe: Recipe, done: int) -> range:
    return range(max(done, recipe.head_epochs), recipe.epochs)


def _compile(network: keras.Model, recipe: Recipe) -> None:
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=recipe.label_smoothing)
    network.compile(keras.optimizers.Adam(recipe.head_rate), loss=loss, metrics=["accuracy"])
    build_variables(network)


def _learn(
    network: keras.Model, batches: Batches, recipe: Recipe, epoch: int, mean: RunningMean | None
) -> None:
    """Train one epoch.

    This does not use `network.fit`: TensorFlow's generator data set makes glibc return freed memory at once,
    after which page faults took half of the processor time.
    """
    start, metrics = time.perf_counter(), {}
    network.reset_metrics()
    for step, (crops, labels) in enumerate(batches(epoch, recipe.steps)):
        network.optimizer.learning_rate.assign(recipe.rate(epoch + step / recipe.steps))
        metrics = network.train_on_batch(crops, labels, return_dict=True)
        if mean is not None and (step + 1) % EVERY == 0:
            mean.update(network)
    values = ", ".join(f"{name} {float(value):.4f}" for name, value in metrics.items())
    seconds = time.perf_counter() - start
    print(f"epoch {epoch + 1} of {recipe.epochs}: {values}, {seconds:.0f} s", flush=True)


def _keep(network: keras.Model, recipe: Recipe, out: Path, epochs: int) -> None:
    """Write weights, then the state that counts epochs, each atomically: a kill in between loses nothing."""
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
    """Fill the network with the mean of the weights in the files; unchanged without files."""
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
    recorded: dict[str, object] = json.loads(json.dumps(asdict(recipe)))
    return recorded


Channels = NDArray[np.int64]


def fill_narrow(narrow: keras.Model, wide: keras.Model) -> None:
    """Copy into `narrow` the channels of `wide` whose filters have the greatest mean magnitude.

    Both are MobileNetV2 classifiers with the same layers. A residual block must keep the channels of its
    input, so they are chosen once for all blocks that are added to each other.
    """
    entering = np.arange(3)
    carried: Channels | None = None
    source, target = wide.get_layer("backbone"), narrow.get_layer("backbone")
    for layer in target.layers:
        if not layer.weights:
            continue
        arrays = source.get_layer(layer.name).get_weights()
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.set_weights([array[entering] for array in arrays])
        elif isinstance(layer, keras.layers.DepthwiseConv2D):
            layer.set_weights([arrays[0][:, :, entering]])
        else:
            leaving = _leaving(layer, arrays[0][:, :, entering], target, carried)
            layer.set_weights([arrays[0][:, :, entering][..., leaving]])
            entering = leaving
            if _ends_block(layer.name):
                carried = leaving
    kernel, bias = wide.get_layer("logits").get_weights()
    narrow.get_layer("logits").set_weights([kernel[entering], bias])


def _leaving(
    layer: keras.Layer, kernel: np.ndarray, network: keras.Model, carried: Channels | None
) -> Channels:
    """The output channels that a convolution keeps, in ascending order."""
    block = layer.name.removesuffix("_project")
    if carried is not None and _ends_block(layer.name) and f"{block}_add" in _names(network):
        return carried
    weight = np.abs(kernel).mean(axis=(0, 1, 2))
    return np.sort(np.argsort(-weight, kind="stable")[: layer.filters])


def _ends_block(name: str) -> bool:
    return name.endswith("_project")


def _names(network: keras.Model) -> set[str]:
    return {layer.name for layer in network.layers}
