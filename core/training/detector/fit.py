"""Fit a face detector; a killed fit resumes at its last checkpoint, and may be given more steps.

The rate rises, stays, and falls over the last fifth of the steps (warm-up, stable, decay: Hu et al. 2024),
so that a longer fit can go on from any checkpoint of the middle part. What is measured and exported is the
moving average of the weights.
"""

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.training.detector.mosaics import SMALLEST_FACE, DetectorBatch, Mosaics, Scenes

CHECKPOINTS = "checkpoints"
LOG_FILE = "fit.jsonl"
RECIPE_FILE = "recipe.json"
AVERAGE_FILE = "average.weights.h5"
WARM_UP, DECAY_SHARE, LAST_RATE = 100, 0.2, 0.03
LARGEST_GRADIENT = 10.0

#: Measures the averaged network; the values go into the log.
Measure = Callable[[keras.Model], dict[str, float]]
#: Gets the steps done; returns true to end the fit.
OnStep = Callable[[int], bool]


@dataclass(frozen=True, kw_only=True)
class FitRecipe:
    """Hyperparameters that a resumed fit may not change; a subclass adds those of its network."""

    side: int = 320
    batch: int = 16
    rate: float = 1e-3
    weight_decay: float = 1e-3
    #: Share of the old average that a step keeps, once there are many steps.
    average: float = 0.998
    seed: int = 1
    #: Size of the smallest face of a mosaic, in pixels.
    smallest: float = SMALLEST_FACE


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How far a fit goes, and what happens on the way; it may change when a fit resumes."""

    steps: int
    #: Steps between two lines of the log, two checkpoints, two measurements.
    logged: int = 10
    kept: int = 50
    measured: int = 200


def _never(_step: int) -> bool:
    return False


def _quiet(_line: str) -> None:
    """Report nothing."""


def rate_at(step: int, steps: int, highest: float) -> float:
    """Learning rate of a step of a fit of so many steps."""
    if step < WARM_UP:
        return highest * (step + 1) / WARM_UP
    left = (steps - step) / max(1.0, DECAY_SHARE * steps)
    return highest * min(1.0, LAST_RATE + (1 - LAST_RATE) * left)


class Learner(Protocol):
    """What a kind of detector is and minimises."""

    network: keras.Model
    #: A second network of the same layers, for the moving average.
    averaged: keras.Model

    @property
    def parts(self) -> Sequence[str]:
        """Names of the scalars of the loss; the first is the one that is minimised."""

    def arrays(self, batch: DetectorBatch) -> tuple[NDArray[Any], ...]:
        """A batch as `loss` takes it."""

    def loss(self, *tensors: tf.Tensor) -> Mapping[str, tf.Tensor]:
        """The scalars by name, computed by `network` while it trains."""


class DetectorFit:
    """A network, its optimizer, its averaged copy and the number of steps done, as one checkpoint."""

    def __init__(self, learner: Learner, recipe: FitRecipe, out: Path) -> None:
        """Restores the last checkpoint in `out`; raises ValueError if that has another recipe."""
        out.mkdir(parents=True, exist_ok=True)
        _check_recipe(recipe, out / RECIPE_FILE)
        self.learner, self.recipe, self.out = learner, recipe, out
        self.network, self.averaged = learner.network, learner.averaged
        self.averaged.set_weights(self.network.get_weights())
        self.optimizer = keras.optimizers.AdamW(recipe.rate, weight_decay=recipe.weight_decay)
        self.optimizer.build(self.network.trainable_variables)
        self.step = tf.Variable(0, dtype=tf.int64)
        state = [self.network.variables, self.averaged.variables, self.optimizer.variables]
        variables = [getattr(each, "value", each) for group in state for each in group]
        self._checkpoint = tf.train.Checkpoint(step=self.step, variables=variables)
        self._kept = tf.train.CheckpointManager(self._checkpoint, str(out / CHECKPOINTS), max_to_keep=2)
        self._checkpoint.restore(self._kept.latest_checkpoint)
        self._learn = tf.function(self._learn_batch)

    def save(self) -> None:
        """Keep the state, and the averaged weights by themselves for whoever only measures."""
        self._kept.save(int(self.step))
        fresh = self.out / f"next-{AVERAGE_FILE}"
        self.averaged.save_weights(fresh)
        fresh.replace(self.out / AVERAGE_FILE)

    def learn(self, batch: DetectorBatch, steps: int) -> dict[str, float]:
        """One step of a fit of so many steps; returns the parts of the loss."""
        done = int(self.step)
        self.optimizer.learning_rate.assign(rate_at(done, steps, self.recipe.rate))
        kept = min(self.recipe.average, (1 + done) / (10 + done))
        parts = self._learn(tf.constant(kept, tf.float32), *self.learner.arrays(batch))
        return dict(zip(self.learner.parts, np.array(parts).tolist(), strict=True))

    def _learn_batch(self, kept: tf.Tensor, *tensors: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            parts = self.learner.loss(*tensors)
        minimised = parts[self.learner.parts[0]]
        gradients = tape.gradient(minimised, self.network.trainable_variables)
        gradients, _ = tf.clip_by_global_norm(gradients, LARGEST_GRADIENT)
        self.optimizer.apply_gradients(zip(gradients, self.network.trainable_variables, strict=True))
        for average, value in zip(self.averaged.variables, self.network.variables, strict=True):
            average.assign(kept * average + (1 - kept) * tf.convert_to_tensor(value))
        self.step.assign_add(1)
        return tf.stack([parts[name] for name in self.learner.parts])


def fit(
    learner: Learner,
    scenes: Scenes,
    weights: Mapping[int, float],
    recipe: FitRecipe,
    pace: Pace,
    out: Path,
    *,
    measure: Measure | None = None,
    on_step: OnStep = _never,
    report: Callable[[str], object] = _quiet,
) -> keras.Model:
    """Fit up to `pace.steps` steps; returns the averaged network and leaves log and checkpoints in `out`.

    `weights` are the scenes to learn from, as `Mosaics` takes them. Before each step `on_step` gets the
    number of steps done; where it returns true, the fit ends there. It may raise to interrupt. `report` gets
    each line of the log, whose last loss is that of the last step.
    """
    state = DetectorFit(learner, recipe, out)
    _cut_log(out / LOG_FILE, int(state.step))
    mosaics = Mosaics(
        scenes,
        weights,
        side=recipe.side,
        batch=recipe.batch,
        seed=recipe.seed,
        smallest=recipe.smallest,
    )
    sums, start = [], time.perf_counter()
    for batch in mosaics.batches(int(state.step), pace.steps):
        ends = on_step(int(state.step))
        if not ends:
            sums.append(list(state.learn(batch, pace.steps).values()))
        done = int(state.step)
        last = done == pace.steps
        if sums and (done % pace.logged == 0 or last or ends):
            means = dict(zip(learner.parts, np.mean(sums, axis=0).round(4).tolist(), strict=True))
            seconds = (time.perf_counter() - start) / len(sums)
            report(_log(out, {"step": done, **means, "seconds_a_step": round(seconds, 2)}))
            sums, start = [], time.perf_counter()
        if ends:
            state.save()
            break
        if done % pace.kept == 0 or last:
            state.save()
        if measure is not None and (done % pace.measured == 0 or last):
            report(_log(out, {"step": done, **measure(state.averaged)}))
            start = time.perf_counter()
    return state.averaged


def read_log(out: Path) -> list[dict[str, float]]:
    """The lines of a fit's log."""
    return [json.loads(line) for line in (out / LOG_FILE).read_text(encoding="utf-8").splitlines()]


def _cut_log(file: Path, steps: int) -> None:
    """Begin the log, or leave out what a killed fit wrote after its last checkpoint: it is done again."""
    whole = file.read_text(encoding="utf-8").splitlines(keepends=True) if file.exists() else []
    # The kill may have cut the last line.
    kept = [line for line in whole if line.endswith("\n") and json.loads(line)["step"] <= steps]
    fresh = file.with_name(f"next-{LOG_FILE}")
    fresh.write_text("".join(kept), encoding="utf-8")
    fresh.replace(file)


def _log(out: Path, entry: dict[str, float]) -> str:
    line = json.dumps(entry)
    with open(out / LOG_FILE, "a", encoding="utf-8") as log:
        log.write(line + "\n")
    return line


def _check_recipe(recipe: FitRecipe, file: Path) -> None:
    wanted = json.loads(json.dumps(asdict(recipe)))
    if not file.exists():
        file.write_text(json.dumps(wanted))
    elif (known := json.loads(file.read_text())) != wanted:
        raise ValueError(f"the fit in {file.parent} has the recipe {known}, not {wanted}")
