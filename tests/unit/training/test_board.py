"""TensorBoard logs hold every figure of every epoch, a stage a log."""

from pathlib import Path

import pytest

pytest.importorskip("tensorflow", reason="the training dependencies are not installed")
pytest.importorskip("tensorboard", reason="the training dependencies are not installed")

from tensorboard.backend.event_processing import event_accumulator

from core.training.board import Board
from core.training.epoch import EpochFigures
from models import TrainingStage


def figures(number: int, loss: float) -> EpochFigures:
    return EpochFigures(
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
    board = Board(tmp_path / "logs")
    for number, loss in ((1, 0.75), (2, 0.25)):
        board.tell(figures(number, loss))
    found = event_accumulator.EventAccumulator(str(tmp_path / "logs" / "head"), size_guidance={"tensors": 0})
    found.Reload()
    assert set(found.Tags()["tensors"]) == {
        *("loss", "accuracy", "validation_loss", "validation_accuracy", "validation_macro_f1", "rate")
    }
    assert [event.step for event in found.Tensors("loss")] == [1, 2]
