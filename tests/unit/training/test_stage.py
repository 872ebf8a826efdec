"""A stage keeps the best epoch, ends early, stops on request, and resumes exactly where it was killed."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from core.training.metrics import ValidationMetrics, validate
from core.training.progress import EpochMetrics
from models import TrainingStage
from tests.training import Late, need_training

need_training()
keras = Late("keras")
stages = Late("core.training.stage")

RNG = np.random.default_rng(1)
FACES = RNG.normal(size=(96, 8)).astype(np.float32)
LABELS = (FACES[:, 0] > 0).astype(np.int64) + 2 * (FACES[:, 1] > 0).astype(np.int64)
WEIGHTS = np.ones(4)


class Killed(BaseException):
    """Nothing may catch it, as nothing catches a SIGKILL."""


def make_stage(
    *, epochs: int = 5, patience: int = 99, validate_with: Callable[[], ValidationMetrics] | None = None
):
    keras.utils.set_random_seed(3)
    model = keras.Sequential([keras.layers.Input((8,)), keras.layers.Dropout(0.3), keras.layers.Dense(4)])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.05), loss=loss, metrics=["accuracy"])

    def batches(number: int):
        order = np.random.default_rng(number).permutation(len(FACES))
        for start in range(0, len(FACES), 32):
            some = order[start : start + 32]
            yield FACES[some], np.eye(4, dtype=np.float32)[LABELS[some]], np.ones(32, np.float32)

    return stages.Stage(
        kind=TrainingStage.HEAD,
        model=model,
        epochs=epochs,
        steps=3,
        patience=patience,
        rate=0.05,
        batches=batches,
        validate=validate_with or (lambda: validate(np.asarray(model(FACES)), LABELS, WEIGHTS)),
    )


def watch(told: list[EpochMetrics], *, kill_at: int = -1, stop_at: int = -1):
    steps = iter(range(10_000))

    def step(_stage: TrainingStage, _share: float) -> bool:
        number = next(steps)
        if number == kill_at:
            raise Killed
        return number == stop_at

    return stages.FitCallbacks(on_step=step, on_epoch=told.append)


def test_rate_falls() -> None:
    rates = [stages.falling_rate(1.0, share) for share in (0, 0.25, 0.5, 1, 2)]
    assert rates[0] == 1.0 and rates == sorted(rates, reverse=True) and rates[-1] == pytest.approx(0.02)


def test_a_killed_stage_ends_with_the_same_weights(tmp_path: Path) -> None:
    whole, told = make_stage(), []
    assert stages.fit_stage(whole, tmp_path / "whole.npz", watch(told))
    broken = []
    with pytest.raises(Killed):
        stages.fit_stage(make_stage(), tmp_path / "killed.npz", watch(broken, kill_at=7))
    assert [epoch.number for epoch in broken] == [1, 2]
    resumed, repeated = make_stage(), []
    assert stages.fit_stage(resumed, tmp_path / "killed.npz", watch(repeated))
    assert [epoch.number for epoch in repeated] == [1, 2, 3, 4, 5]
    assert [epoch.loss for epoch in repeated] == [epoch.loss for epoch in told]
    for one, other in zip(whole.model.get_weights(), resumed.model.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert told[-1].validation_loss < told[0].validation_loss


def test_the_step_is_traced_once(tmp_path: Path) -> None:
    stage, traced = make_stage(epochs=1), []
    step = stage.model.train_step
    stage.model.train_step = lambda *given: traced.append(given) or step(*given)
    assert stages.fit_stage(stage, tmp_path / "s.npz", watch([]))
    assert len(traced) == 1


def test_a_stop_keeps_the_best_so_far(tmp_path: Path) -> None:
    stage, told = make_stage(), []
    assert not stages.fit_stage(stage, tmp_path / "s.npz", watch(told, stop_at=7))
    assert [epoch.number for epoch in told] == [1, 2]
    assert validate(np.asarray(stage.model(FACES)), LABELS, WEIGHTS).loss == pytest.approx(
        min(epoch.validation_loss for epoch in told), rel=1e-5
    )
    # A process that is killed after the stop does not begin again.
    assert stages.fit_stage(make_stage(), tmp_path / "s.npz", watch([], kill_at=0))


def test_a_stage_that_gets_no_better_ends_early_with_the_best(tmp_path: Path) -> None:
    losses = iter([0.5, 0.4, 0.6, 0.7, 0.8, 0.1])
    stage = make_stage(
        patience=2, validate_with=lambda: ValidationMetrics(loss=next(losses), accuracy=0.5, macro_f1=0.5)
    )
    told: list[EpochMetrics] = []
    assert stages.fit_stage(stage, tmp_path / "s.npz", watch(told))
    assert [epoch.validation_loss for epoch in told] == [0.4, 0.6, 0.7]
