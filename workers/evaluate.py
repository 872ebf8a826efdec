"""The batch that evaluates classifier versions on the test faces of a dataset."""

from collections.abc import Collection

from sqlalchemy import update

from core.detection.detector import DEFAULT_OPTIONS
from core.evaluation.job_kind import EVALUATE_STAGE, EvaluateOptions
from core.evaluation.queries import count_unpredicted, read_unpredicted
from core.evaluation.store import evaluate_version
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.number_text import plural
from core.versions.queries import get_version
from models import EventLevel, Job, Split
from workers.detector import load_detector
from workers.engine import BatchRun, handles
from workers.unpredicted import predict_unpredicted

#: Photos whose predictions are written in one transaction.
_SLICE = 32


@handles(EVALUATE_STAGE)
def evaluate_versions(run: BatchRun) -> None:
    """Predict the test faces without a prediction, then write the evaluations in the last transaction."""
    options = _read_options(run)
    _count_steps(run, options)
    for version_id in options.version_ids:
        predict_dataset(run, version_id, options.dataset_id, (Split.TEST,))
    with run.db.write() as session:
        lock_held(session, run.claim)
        for version_id in options.version_ids:
            evaluation = evaluate_version(session, version_id, options.dataset_id)
            line = f"Version {version_id}: macro F1 {evaluation.metrics['macro_f1']['value']}."
            add_event(session, run.claim.job_id, EventLevel.INFO, "version_measured", line)
        session.execute(update(Job).where(Job.id == run.claim.job_id).values(steps_done=Job.steps_found))
        finish_batch(session, run.claim)


def predict_dataset(run: BatchRun, version_id: int, dataset_id: int, splits: Collection[Split]) -> None:
    """Predict the faces of some splits of a dataset that the version has not predicted yet.

    Commits slice by slice, so that a killed run continues from there. Faces of photos that can no longer be
    read stay without a prediction; the log says how many photos.
    """
    with run.db.read() as session:
        version = get_version(session, version_id)
    detector = run.compute(lambda: load_detector(run.settings, DEFAULT_OPTIONS, version))
    after_id, unreadable = 0, 0
    while True:
        with run.db.read() as session:
            photos = read_unpredicted(
                session, version_id, dataset_id, splits, after_id=after_id, limit=_SLICE
            )
        if not photos:
            break
        unreadable += predict_unpredicted(run, version_id, detector, photos)
        after_id = photos[-1].photo.id
    if unreadable:
        count = plural(unreadable, "photo")
        line = f"{count} could not be read: version {version_id} is not evaluated on their faces."
        with run.db.write() as session:
            add_event(session, run.claim.job_id, EventLevel.WARNING, "photos_unreadable", line)


def _count_steps(run: BatchRun, options: EvaluateOptions) -> None:
    with run.db.write() as session:
        photos = sum(
            count_unpredicted(session, version_id, options.dataset_id, (Split.TEST,))
            for version_id in options.version_ids
        )
        row = update(Job).where(Job.id == run.claim.job_id)
        session.execute(row.values(steps_found=Job.steps_done + photos + 1))


def _read_options(run: BatchRun) -> EvaluateOptions:
    with run.db.read() as session:
        return EvaluateOptions.from_json(session.get_one(Job, run.claim.job_id).options)
