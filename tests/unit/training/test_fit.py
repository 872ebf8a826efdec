"""TensorBoard logs hold every metric of every epoch, one log per stage."""

from pathlib import Path

from core.training.progress import EpochMetrics
from models import TrainingStage
from tests.training import Late, need_training

need_training()
fit = Late("core.training.fit")
reading = Late("tensorboard.backend.event_processing.event_accumulator")


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
    log = fit.TensorBoardLog(tmp_path / "logs")
    for number, loss in ((1, 0.75), (2, 0.25)):
        log.write(metrics(number, loss))
    found = reading.EventAccumulator(str(tmp_path / "logs" / "head"), size_guidance={"tensors": 0})
    found.Reload()
    assert set(found.Tags()["tensors"]) == {
        *("loss", "accuracy", "validation_loss", "validation_accuracy", "validation_macro_f1", "rate")
    }
    assert [event.step for event in found.Tensors("loss")] == [1, 2]
