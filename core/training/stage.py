"""Fit one stage: epochs with a falling learning rate, early stopping, and a checkpoint after each epoch."""

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.training.metrics import ValidationMetrics
from core.training.network.network import build_variables
from core.training.progress import EpochMetrics
from models.training_epoch import TrainingStage

#: Inputs, one-hot labels (b, 4) and weights (b,) of a batch.
Batch = tuple[NDArray[Any], NDArray[np.float32], NDArray[np.float32]]
Arrays = list[NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What one stage fits; `model` is compiled."""

    kind: TrainingStage
    model: keras.Model
    epochs: int
    #: Batches per epoch.
    steps: int
    #: The stage ends after this number of epochs without a better validation loss.
    patience: int
    #: The learning rate at the start.
    rate: float
    #: The batches of an epoch; they must depend on the epoch's number alone.
    batches: Callable[[int], Iterator[Batch]]
    #: Metrics of the model's current weights on the validation faces.
    validate: Callable[[], ValidationMetrics]


@dataclass(frozen=True, kw_only=True)
class FitCallbacks:
    """What a fit calls while it runs."""

    #: Called before each batch with the share of the stage that is done; returns true to stop with the best
    #: weights so far. It may raise to interrupt.
    on_step: Callable[[TrainingStage, float], bool]
    #: Called after each epoch, once its checkpoint is written. A resumed fit repeats the calls of the epochs
    #: before.
    on_epoch: Callable[[EpochMetrics], None]


@dataclass(frozen=True, kw_only=True)
class StageState:
    """How far a stage is."""

    history: tuple[EpochMetrics, ...]
    #: The lowest validation loss so far, and the weights that gave it.
    best_loss: float
    best: Arrays
    #: Epochs since the best.
    since_best: int
    ended: bool = False


def fit_stage(stage: Stage, file: Path, callbacks: FitCallbacks) -> bool:
    """Fit, and leave the best weights in the model; returns false where a callback stopped it.

    A fit resumes after the last epoch in `file`, with the same weights, optimizer state and random state.
    """
    build_variables(stage.model)
    state = load_checkpoint(stage.model, file) or _first_state(stage)
    for epoch in state.history:
        callbacks.on_epoch(epoch)
    stopped = False
    while not state.ended and not stopped:
        metrics = _fit_epoch(stage, len(state.history) + 1, callbacks)
        stopped = metrics is None
        state = replace(state, ended=True) if metrics is None else _next_state(stage, state, metrics)
        save_checkpoint(stage.model, state, file)
        if metrics is not None:
            callbacks.on_epoch(metrics)
    stage.model.set_weights(state.best)
    return not stopped


def falling_rate(rate: float, share: float) -> float:
    """The learning rate after a share of a stage: half a cosine down to a fiftieth."""
    return rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))))


def _first_state(stage: Stage) -> StageState:
    """The weights at the start are the best ones until an epoch beats them."""
    loss = stage.validate().loss
    return StageState(history=(), best_loss=loss, best=stage.model.get_weights(), since_best=0)


def _fit_epoch(stage: Stage, number: int, callbacks: FitCallbacks) -> EpochMetrics | None:
    """One epoch; None where a callback stopped it.

    This does not use `model.fit`: TensorFlow's generator data set makes glibc return freed memory at once,
    after which page faults took half of the processor time.
    """
    began, done, total = time.perf_counter(), (number - 1) * stage.steps, stage.epochs * stage.steps
    sums = np.zeros(3)
    for inputs, labels, weights in stage.batches(number):
        if callbacks.on_step(stage.kind, done / total):
            return None
        stage.model.optimizer.learning_rate.assign(falling_rate(stage.rate, done / total))
        # Depending on its version, Keras returns the running mean of a metric or the batch's own value.
        # After a reset both are the batch's value.
        stage.model.reset_metrics()
        result = stage.model.train_on_batch(inputs, labels, sample_weight=weights, return_dict=True)
        sums += np.array([float(result["loss"]), float(result["accuracy"]), 1.0]) * len(labels)
        done += 1
    validation = stage.validate()
    return EpochMetrics(
        stage=stage.kind,
        number=number,
        loss=float(sums[0] / sums[2]),
        accuracy=float(sums[1] / sums[2]),
        validation_loss=validation.loss,
        validation_accuracy=validation.accuracy,
        validation_macro_f1=validation.macro_f1,
        rate=falling_rate(stage.rate, done / total),
        seconds=time.perf_counter() - began,
    )


def _next_state(stage: Stage, state: StageState, metrics: EpochMetrics) -> StageState:
    history = (*state.history, metrics)
    if metrics.validation_loss < state.best_loss:
        best = stage.model.get_weights()
        state = replace(state, best_loss=metrics.validation_loss, best=best, since_best=0)
    else:
        state = replace(state, since_best=state.since_best + 1)
    ended = state.since_best >= stage.patience or len(history) >= stage.epochs
    return replace(state, history=history, ended=ended)


def save_checkpoint(model: keras.Model, state: StageState, file: Path) -> None:
    """Write model, optimizer, dropout seeds, best weights and history to one file, atomically."""
    entries = {
        "history": [asdict(epoch) for epoch in state.history],
        "best_loss": state.best_loss,
        "since_best": state.since_best,
        "ended": state.ended,
    }
    arrays: dict[str, NDArray[Any]] = {
        **_named("model", [np.asarray(variable) for variable in model.variables]),
        **_named("optimizer", [np.asarray(variable) for variable in model.optimizer.variables]),
        **_named("best", state.best),
    }
    partial = file.with_name(f"next-{file.name}")
    arrays["told"] = np.array(json.dumps(entries))
    np.savez(partial, allow_pickle=False, **arrays)
    partial.replace(file)


def load_checkpoint(model: keras.Model, file: Path) -> StageState | None:
    """Fill a compiled model from a checkpoint and return its state; None where there is none."""
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        entries = json.loads(str(arrays["told"]))
        _fill(model.variables, _read(arrays, "model"))
        _fill(model.optimizer.variables, _read(arrays, "optimizer"))
        best = _read(arrays, "best")
    history = [EpochMetrics(**{**each, "stage": TrainingStage(each["stage"])}) for each in entries["history"]]
    return StageState(
        history=tuple(history),
        best_loss=entries["best_loss"],
        best=best,
        since_best=entries["since_best"],
        ended=entries["ended"],
    )


def _named(name: str, arrays: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {f"{name}{index:04d}": array for index, array in enumerate(arrays)}


def _read(arrays: Any, name: str) -> Arrays:
    return [arrays[each] for each in sorted(arrays.files) if each.startswith(name)]


def _fill(variables: Sequence[keras.Variable], arrays: Arrays) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
