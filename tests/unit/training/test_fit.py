"""TensorBoard logs hold every metric of every epoch, one log per stage."""

from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="the training dependencies are not installed")
pytest.importorskip("tensorboard", reason="the training dependencies are not installed")

from tensorboard.backend.event_processing import event_accumulator

from core.training.fit import TensorBoardLog
from core.training.progress import EpochMetrics
from models import TrainingStage


def metrics(number: int, loss: float) -> EpochMetrics:
    return EpochMetrics(
        stage=TrainingStage.HEAD,
        number=number,
        loss=loss,
        accuracy=0.5,
        validation_loss=loss,
        validation_accuracy=0.5,
        validation_macro_f1=0.4,
        rate=1e-3,
        seconds=1.0,
    )


def test_a_log_holds_the_epochs(tmp_path: Path) -> None:
    log = TensorBoardLog(tmp_path / "logs")
    for number, loss in ((1, 0.75), (2, 0.25)):
        log.write(metrics(number, loss))
    found = event_accumulator.EventAccumulator(str(tmp_path / "logs" / "head"), size_guidance={"tensors": 0})
    found.Reload()
    assert set(found.Tags()["tensors"]) == {
        *("loss", "accuracy", "validation_loss", "validation_accuracy", "validation_macro_f1", "rate")
    }
    assert [event.step for event in found.Tensors("loss")] == [1, 2]
