"""`maskloop train` and `maskloop compare`: trainings without the web page."""

import logging
import signal
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from core.accounts import ensure_owner
from core.database import Database
from core.errors import PermanentError
from core.evaluation.queries import list_evaluations
from core.jobs.actions import cancel_job
from core.jobs.queries import get_job
from core.jobs.tick import return_expired
from core.logs import set_up_logs
from core.settings import Settings
from core.training.installed import check_installed
from core.training.job_kind import request_training
from core.training.options import TrainOptions
from core.training.store import read_epochs
from core.versions.queries import read_champion
from models import Job, JobState, TrainingEpoch, TrainingStage
from workers.setup import prepare
from workers.training.trainer import run_process

if TYPE_CHECKING:
    from workers.training.comparison import Result

_LOOK_SECONDS = 0.5
_ENDED = (JobState.DONE, JobState.CANCELLED, JobState.FAILED)


def run_training(settings: Settings, options: TrainOptions) -> int:
    """Run one training to its end and show what came of it; the exit status."""
    db = _open(settings)
    job = _train(db, settings, options)
    if job.state is JobState.CANCELLED:
        return 130
    Console().print(_measured(db, job))
    return 0


def run_comparison(settings: Settings, options: TrainOptions, *, epochs: int) -> int:
    """Train both ways on a dataset and show both results; the exit status."""
    from workers.training.comparison import compare

    db, console = _open(settings), Console()
    console.print("Training as a job ...")
    job = _train(db, settings, options)
    if job.state is JobState.CANCELLED:
        return 130
    console.print("Training by hand ...")
    try:
        results = compare(db, settings, job, seed=options.seed, epochs=epochs)
    except KeyboardInterrupt:
        return 130
    console.print(_compared(results))
    return 0


def _train(db: Database, settings: Settings, options: TrainOptions) -> Job:
    """Ask for a training and follow it; PermanentError where it fails, cancelled by Ctrl-C."""
    with db.write() as session:
        job_id = request_training(session, options, account_id=ensure_owner(session).id).id
    stop = threading.Event()
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    working = threading.Thread(target=_work, args=(db, settings, job_id, stop))
    working.start()
    _follow(db, job_id, working)
    signal.signal(signal.SIGINT, before)
    job = _end(db, job_id, cancelled=stop.is_set())
    if job.state is JobState.FAILED:
        raise PermanentError(job.error_code or "job_failed", job.error_message or "The training failed.")
    return job


def _open(settings: Settings) -> Database:
    check_installed()
    set_up_logs(settings, level=logging.ERROR)
    prepare(settings, say=Console(stderr=True).print)
    return Database(settings.sql_url)


def _work(db: Database, settings: Settings, job_id: int, stop: threading.Event) -> None:
    """A process at a time until the job has ended; a service on the same data may take its batches too."""
    while not stop.is_set():
        run_process(settings, stop)
        with db.write() as session:
            return_expired(session, max_attempts=settings.max_attempts)
            if get_job(session, job_id).state in _ENDED:
                return
        stop.wait(_LOOK_SECONDS)


def _follow(db: Database, job_id: int, working: threading.Thread) -> None:
    console, told = Console(stderr=True), 0
    while working.is_alive():
        working.join(_LOOK_SECONDS)
        with db.read() as session:
            epochs = read_epochs(session, job_id)
        for epoch in epochs[told:]:
            console.print(_line(epoch), highlight=False)
        told = len(epochs)


def _line(epoch: TrainingEpoch) -> str:
    stage = "head" if epoch.stage is TrainingStage.HEAD else "upper blocks"
    return (
        f"{stage} {epoch.number}: loss {epoch.loss:.4f}, validation {epoch.validation_loss:.4f}, "
        f"macro F1 {epoch.validation_macro_f1:.4f}, {epoch.seconds:.1f} s"
    )


def _end(db: Database, job_id: int, *, cancelled: bool) -> Job:
    with db.write() as session:
        job = get_job(session, job_id)
        return cancel_job(session, job_id) if cancelled and job.state not in _ENDED else job


def _measured(db: Database, job: Job) -> Table:
    assert job.classifier_version_id is not None and job.started_at and job.finished_at
    seconds = (job.finished_at - job.started_at).total_seconds()
    table = Table("", "dataset", "faces", "macro F1", "accuracy", title=f"Trained in {seconds:.0f} s")
    with db.read() as session:
        ids = dict.fromkeys((job.classifier_version_id, read_champion(session).id))
        for version_id in ids:
            for found in list_evaluations(session, version_id):
                row = [_figure(found.metrics[name]["value"]) for name in ("macro_f1", "accuracy")]
                table.add_row(f"version {version_id}", str(found.dataset_id), str(found.faces), *row)
    return table


def _compared(results: "Sequence[Result]") -> Table:
    table = Table("", *(result.recipe for result in results), title="The same faces, two ways")
    table.add_row("time", *(f"{result.seconds:,.0f} s" for result in results))
    table.add_row("accuracy on the faces it chose on", *(f"{result.own_accuracy:.4f}" for result in results))
    table.add_section()
    table.add_row("accuracy on test faces", *(_figure(result.accuracy) for result in results))
    table.add_row("macro F1 on test faces", *(_figure(result.macro_f1) for result in results))
    for label in results[0].recall:
        table.add_row(f"recall of {label}", *(_figure(result.recall[label]) for result in results))
    return table


def _figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.4f}"
