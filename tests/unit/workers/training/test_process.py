"""A trainer that is stopped returns its batch, and one without TensorFlow waits."""

import threading

import pytest
from sqlalchemy import select

from core.database import Database
from core.jobs.kinds import Runner, stage_names
from core.jobs.request import add_job
from core.settings import Settings
from core.training.job_kind import PREPARE_STAGE, TRAIN
from core.training.options import TrainOptions
from models import Batch, BatchState
from tests.cases import ON_SQLITE
from workers.computing import Computing, ComputingThread
from workers.engine import BatchRun, run_batches
from workers.training import process, trainer
from workers.training.process import stoppable


def test_a_stop_gives_the_batch_back_with_its_attempt(db: Database, settings: Settings) -> None:
    with db.write() as session:
        add_job(session, TRAIN, TrainOptions(), title="t", account_id=None)
    stop = threading.Event()

    def work(run: BatchRun) -> None:
        assert run.claim.attempts == 1
        run.check()
        stop.set()
        run.check()
        pytest.fail("the second check must stop the work")

    handlers = dict.fromkeys(stage_names(Runner.TRAINER), stoppable(work, stop))
    assert run_batches(db, settings, handlers, is_over=stop.is_set) == 1
    with db.read() as session:
        batch = session.scalars(select(Batch)).one()
    assert (batch.kind, batch.state, batch.attempts) == (PREPARE_STAGE.name, BatchState.WAITING, 0)


@ON_SQLITE
def test_without_tensorflow_the_trainer_only_waits(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, stop = threading.Event(), threading.Event()

    def missing() -> list[str]:
        asked.set()
        return ["tensorflow"]

    monkeypatch.setattr(trainer, "missing_modules", missing)
    waiting = threading.Thread(target=trainer.run_trainer, args=(settings, stop))
    waiting.start()
    assert asked.wait(10)
    assert waiting.is_alive()
    stop.set()
    waiting.join(5)
    assert not waiting.is_alive()


@pytest.mark.parametrize(("words", "kind"), [([], ComputingThread), ([trainer.QUIET], Computing)])
@ON_SQLITE
def test_a_training_that_a_command_waits_for_is_no_nicer_than_the_command(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, words: list[str], kind: type[Computing]
) -> None:
    begun: list[Computing] = []
    for name in ("die_with_parent", "quiet_libraries", "stop_on_signals"):
        monkeypatch.setattr(process, name, lambda: None)
    monkeypatch.setattr(process, "set_up_logs", lambda *_, **__: None)
    monkeypatch.setattr(process, "_run_batches", lambda _settings, _stop, computing: begun.append(computing))
    monkeypatch.setattr("sys.argv", ["process", *words])
    monkeypatch.setattr(Settings, "from_env", lambda: settings)
    process.main()
    assert [type(each) for each in begun] == [kind]
