"""The state of a stage after its last finished epoch: one file, written whole or not at all."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.training.epoch import EpochFigures
from models.training_epoch import TrainingStage

Arrays = list[NDArray[Any]]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a stage is."""

    history: tuple[EpochFigures, ...]
    #: Validation loss of the best weights so far, and those.
    best_loss: float
    best: Arrays
    #: Epochs since the best.
    since_best: int
    ended: bool = False


def save_checkpoint(model: keras.Model, progress: Progress, file: Path) -> None:
    """Write the model with its optimizer's and its dropout's state, the best weights and the history."""
    told = {
        "history": [asdict(figures) for figures in progress.history],
        "best_loss": progress.best_loss,
        "since_best": progress.since_best,
        "ended": progress.ended,
    }
    arrays: dict[str, NDArray[Any]] = {
        **_named("model", [np.asarray(variable) for variable in model.variables]),
        **_named("optimizer", [np.asarray(variable) for variable in model.optimizer.variables]),
        **_named("best", progress.best),
    }
    fresh = file.with_name(f"next-{file.name}")
    arrays["told"] = np.array(json.dumps(told))
    np.savez(fresh, allow_pickle=False, **arrays)
    fresh.replace(file)


def load_checkpoint(model: keras.Model, file: Path) -> Progress | None:
    """Fill a compiled model from a checkpoint and tell how far it was; None where there is none."""
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        told = json.loads(str(arrays["told"]))
        _fill(model.variables, _read(arrays, "model"))
        _fill(model.optimizer.variables, _read(arrays, "optimizer"))
        best = _read(arrays, "best")
    history = [EpochFigures(**{**each, "stage": TrainingStage(each["stage"])}) for each in told["history"]]
    return Progress(
        history=tuple(history),
        best_loss=told["best_loss"],
        best=best,
        since_best=told["since_best"],
        ended=told["ended"],
    )


def _named(name: str, arrays: Sequence[NDArray[Any]]) -> dict[str, NDArray[Any]]:
    return {f"{name}{index:04d}": array for index, array in enumerate(arrays)}


def _read(arrays: Any, name: str) -> Arrays:
    return [arrays[each] for each in sorted(arrays.files) if each.startswith(name)]


def _fill(variables: Sequence[keras.Variable], arrays: Arrays) -> None:
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
