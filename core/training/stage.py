"""Fit one stage: epochs with a falling rate, early stopping, the best weights kept, killed at any time."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.training.checkpoint import Progress, load_checkpoint, save_checkpoint
from core.training.epoch import EpochFigures
from core.training.validation import Validation
from models.training_epoch import TrainingStage

#: Inputs, one-hot labels (b, 4) and weights (b,) of a batch.
Batch = tuple[NDArray[Any], NDArray[np.float32], NDArray[np.float32]]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """What one stage fits; `model` is compiled."""

    kind: TrainingStage
    model: keras.Model
    epochs: int
    #: Batches an epoch.
    steps: int
    #: Epochs without a better validation loss after which it ends.
    patience: int
    #: The learning rate that the stage begins with.
    rate: float
    #: The batches of an epoch, which must depend on its number alone.
    batches: Callable[[int], Iterator[Batch]]
    #: Figures of the model as it stands on the validation faces.
    judge: Callable[[], Validation]


@dataclass(frozen=True, kw_only=True)
class Watch:
    """Who follows a fit."""

    #: Called before each batch with the share of the stage that is done; true where the fit shall stop with
    #: the best so far. It may raise to interrupt.
    step: Callable[[TrainingStage, float], bool]
    #: Called after each epoch, once its checkpoint is written; again for earlier ones by a fit that goes on.
    epoch: Callable[[EpochFigures], None]


def fit_stage(stage: Stage, file: Path, watch: Watch) -> bool:
    """Fit and leave the best weights in the model; false where it was asked to stop.

    A fit that goes on does so after the last epoch in `file`, with the same weights, optimizer and chance.
    """
    stage.model.optimizer.build(stage.model.trainable_variables)
    progress = load_checkpoint(stage.model, file) or _begin(stage)
    for known in progress.history:
        watch.epoch(known)
    stopped = False
    while not progress.ended and not stopped:
        figures = _fit_epoch(stage, len(progress.history) + 1, watch)
        stopped = figures is None
        progress = replace(progress, ended=True) if figures is None else _after(stage, progress, figures)
        save_checkpoint(stage.model, progress, file)
        if figures is not None:
            watch.epoch(figures)
    stage.model.set_weights(progress.best)
    return not stopped


def falling_rate(rate: float, share: float) -> float:
    """The learning rate after a share of a stage: half a cosine down to a fiftieth."""
    return rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0))))


def _begin(stage: Stage) -> Progress:
    """The weights that a stage begins with are the best until an epoch beats them."""
    return Progress(history=(), best_loss=stage.judge().loss, best=stage.model.get_weights(), since_best=0)


def _fit_epoch(stage: Stage, number: int, watch: Watch) -> EpochFigures | None:
    """One epoch; None where it was asked to stop.

    Not `model.fit`: TensorFlow's generator data set makes glibc return freed memory at once, after which
    page faults took half of the processor time.
    """
    began, done, total = time.perf_counter(), (number - 1) * stage.steps, stage.epochs * stage.steps
    sums = np.zeros(3)
    for inputs, labels, weights in stage.batches(number):
        if watch.step(stage.kind, done / total):
            return None
        stage.model.optimizer.learning_rate.assign(falling_rate(stage.rate, done / total))
        # Keras tells the running means of its metrics or the batch's own, by version: told one batch at a
        # time they are the batch's in both.
        stage.model.reset_metrics()
        told = stage.model.train_on_batch(inputs, labels, sample_weight=weights, return_dict=True)
        sums += np.array([float(told["loss"]), float(told["accuracy"]), 1.0]) * len(labels)
        done += 1
    validation = stage.judge()
    return EpochFigures(
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


def _after(stage: Stage, progress: Progress, figures: EpochFigures) -> Progress:
    history = (*progress.history, figures)
    if figures.validation_loss < progress.best_loss:
        progress = replace(
            progress, best_loss=figures.validation_loss, best=stage.model.get_weights(), since_best=0
        )
    else:
        progress = replace(progress, since_best=progress.since_best + 1)
    ended = progress.since_best >= stage.patience or len(history) >= stage.epochs
    return replace(progress, history=history, ended=ended)
