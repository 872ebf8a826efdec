"""`maskloop train` and `maskloop compare`: trainings from the command line."""

import json
import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from core.accounts import ensure_owner
from core.database import Database
from core.errors import PermanentError
from core.evaluation.queries import list_evaluations
from core.jobs.actions import cancel_job
from core.jobs.finish import fail_job
from core.jobs.queries import get_job
from core.jobs.tick import return_expired
from core.logs import set_up_logs
from core.number_text import decimal, metric, number
from core.settings import Settings
from core.training.job_kind import check_installed, request_training
from core.training.options import TrainOptions
from core.training.queries import count_validation_faces, read_epochs
from core.versions.queries import read_champion
from models import Job, JobState, TrainingEpoch, TrainingStage
from workers.setup import prepare
from workers.training.trainer import run_process

if TYPE_CHECKING:
    from workers.training.baseline_comparison import Result

_POLL_SECONDS = 0.5
_ENDED = (JobState.DONE, JobState.CANCELLED, JobState.FAILED)


def run_training(settings: Settings, options: TrainOptions) -> int:
    """Run one training to its end and print its evaluation; returns the exit status."""
    db = _open(settings)
    job = _train(db, settings, options)
    if job.state is JobState.CANCELLED:
        return 130
    Console().print(_evaluation_table(db, job))
    return 0


def run_comparison(settings: Settings, options: TrainOptions, *, epochs: int, as_json: bool = False) -> int:
    """Train on a dataset both ways and print both results; returns the exit status."""
    # As JSON the results stand alone on standard output.
    db, console = _open(settings), Console(stderr=as_json)
    console.print("Training as a job ...")
    job = _train(db, settings, options)
    if job.state is JobState.CANCELLED:
        return 130
    console.print("Training as a tutorial does ...")
    # It loads TensorFlow: seconds that a dataset which cannot be trained on must not cost.
    from workers.training.baseline_comparison import compare

    try:
        results = compare(db, settings, job, seed=options.seed, epochs=epochs)
    except KeyboardInterrupt:
        return 130
    if as_json:
        print(json.dumps({"job": job.id, "results": [asdict(result) for result in results]}, indent=2))
    else:
        console.print(_comparison_table(results))
    return 0


def _open(settings: Settings) -> Database:
    check_installed()
    set_up_logs(settings, level=logging.ERROR)
    prepare(settings, say=Console(stderr=True).print)
    return Database(settings.sql_url)


def _train(db: Database, settings: Settings, options: TrainOptions) -> Job:
    """Request a training and follow it to its end; Ctrl-C cancels it, a failure raises PermanentError."""
    with db.write() as session:
        job_id = request_training(session, options, account_id=ensure_owner(session).id).id
    stop = threading.Event()
    with _interrupt_sets(stop), ThreadPoolExecutor(1) as pool:
        working = pool.submit(_run_batches, db, settings, job_id, stop)
        try:
            _print_epochs(db, job_id, working)
        except BaseException:
            stop.set()
            raise
    job = _end(db, job_id, cancelled=stop.is_set(), error=working.exception())
    if job.state is JobState.FAILED:
        raise PermanentError(job.error_code or "job_failed", job.error_message or "The training failed.")
    return job


@contextmanager
def _interrupt_sets(stop: threading.Event) -> Iterator[None]:
    """Have Ctrl-C set an event; restores the handler that was there before."""
    before = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _run_batches(db: Database, settings: Settings, job_id: int, stop: threading.Event) -> None:
    """Run training processes, one after the other, until the job has ended.

    The trainer of a running service on the same data may take batches too.
    """
    while not stop.is_set():
        run_process(settings, stop)
        with db.write() as session:
            return_expired(session, max_attempts=settings.max_attempts)
            if get_job(session, job_id).state in _ENDED:
                return
        stop.wait(_POLL_SECONDS)


def _print_epochs(db: Database, job_id: int, working: Future[None]) -> None:
    """Print each epoch when it has ended, until the work has ended."""
    console, printed = Console(stderr=True), 0
    while not working.done():
        wait([working], timeout=_POLL_SECONDS)
        with db.read() as session:
            epochs, faces = read_epochs(session, job_id), count_validation_faces(session, job_id)
        for epoch in epochs[printed:]:
            console.print(_line(epoch, faces), highlight=False)
        printed = len(epochs)


def _end(db: Database, job_id: int, *, cancelled: bool, error: BaseException | None) -> Job:
    """The job at its end: cancelled by Ctrl-C, or failed where running its batches raised an error."""
    with db.write() as session:
        job = get_job(session, job_id)
        if job.state in _ENDED:
            return job
        if error is not None:
            message = f"The training process could not be run: {error}"
            fail_job(session, job_id, PermanentError("training_process_failed", message))
        elif cancelled:
            cancel_job(session, job_id)
        return get_job(session, job_id)


def _line(epoch: TrainingEpoch, faces: int | None) -> str:
    stage = "head" if epoch.stage is TrainingStage.HEAD else "upper blocks"
    return (
        f"{stage} {epoch.number}: loss {metric(epoch.loss)}, validation {metric(epoch.validation_loss)}, "
        f"macro F1 {metric(epoch.validation_macro_f1, faces)}, {decimal(epoch.seconds)} s"
    )


def _evaluation_table(db: Database, job: Job) -> Table:
    assert job.classifier_version_id is not None and job.started_at and job.finished_at
    seconds = (job.finished_at - job.started_at).total_seconds()
    table = Table("", "dataset", "faces", "macro F1", "accuracy", title=f"Trained in {number(seconds)} s")
    with db.read() as session:
        ids = dict.fromkeys((job.classifier_version_id, read_champion(session).id))
        for version_id in ids:
            for evaluation in list_evaluations(session, version_id):
                scores = [evaluation.metrics[name]["value"] for name in ("macro_f1", "accuracy")]
                row = [metric(score, evaluation.faces) for score in scores]
                table.add_row(
                    f"version {version_id}", str(evaluation.dataset_id), number(evaluation.faces), *row
                )
    return table


def _comparison_table(results: "Sequence[Result]") -> Table:
    table = Table("", *(result.recipe for result in results), title="The same faces, both ways")
    table.add_row("time", *(f"{number(result.seconds)} s" for result in results))
    table.add_row(
        "accuracy on its validation faces",
        *(metric(result.validation_accuracy, result.validation_faces) for result in results),
    )
    table.add_section()
    table.add_row("accuracy on test faces", *(metric(result.accuracy, result.faces) for result in results))
    table.add_row("macro F1 on test faces", *(metric(result.macro_f1, result.faces) for result in results))
    for label in results[0].recall:
        recalls = (metric(result.recall[label], result.label_faces[label]) for result in results)
        table.add_row(f"recall of {label}", *recalls)
    return table
