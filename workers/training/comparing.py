"""Measure what a training made beside the champion, and let the gate promote it where that was asked for."""

from collections.abc import Sequence

from sqlalchemy import Exists, exists, select, update
from sqlalchemy.orm import Session

from core.datasets.queries import find_golden_dataset
from core.errors import InputError
from core.evaluation.queries import count_unpredicted
from core.evaluation.store import evaluate_version, promote_through_gate
from core.jobs.store import add_event
from core.training.options import PromoteBy, TrainOptions
from core.versions.queries import read_champion
from models import DatasetFace, EventLevel, Job, PromotionKind, Split
from workers.engine import BatchRun
from workers.measuring import predict_dataset


def predict_tests(run: BatchRun, version_id: int, dataset_ids: Sequence[int]) -> list[int]:
    """Predict the test faces with the version and the champion; the ids of both, or of one that is both."""
    with run.db.write() as session:
        version_ids = list(dict.fromkeys((version_id, read_champion(session).id)))
        photos = sum(
            count_unpredicted(session, each, dataset_id, (Split.TEST,))
            for each in version_ids
            for dataset_id in dataset_ids
        )
        row = update(Job).where(Job.id == run.claim.job_id)
        session.execute(row.values(steps_found=Job.steps_found + photos))
    for each in version_ids:
        for dataset_id in dataset_ids:
            predict_dataset(run, each, dataset_id, (Split.TEST,))
    return version_ids


def measured_datasets(session: Session, dataset_id: int) -> list[int]:
    """The golden test set and the training's own, as far as they hold test faces; the gate asks the first."""
    golden = find_golden_dataset(session)
    wanted = dict.fromkeys([golden.id, dataset_id] if golden else [dataset_id])
    return [each for each in wanted if session.scalars(select(_has_tests(each))).one()]


def evaluate_beside(
    session: Session, job: Job, version_ids: Sequence[int], dataset_ids: Sequence[int]
) -> None:
    """Write the evaluations and the log's lines; promote through the gate where the options say so."""
    if not dataset_ids:
        line = "No test face is there to measure on. Label faces of more photos."
        add_event(session, job.id, EventLevel.WARNING, "no_test_faces", line)
        return
    for version_id in version_ids:
        for dataset_id in dataset_ids:
            found = evaluate_version(session, version_id, dataset_id).metrics["macro_f1"]["value"]
            line = f"Version {version_id} on dataset {dataset_id}: macro F1 {found:.4f}."
            add_event(session, job.id, EventLevel.INFO, "version_measured", line)
    if TrainOptions.from_json(job.options).promote_by is PromoteBy.GATE:
        _promote(session, job, version_ids[0], dataset_ids[0])


def _promote(session: Session, job: Job, version_id: int, dataset_id: int) -> None:
    try:
        with session.begin_nested():
            promote_through_gate(session, version_id, dataset_id, kind=PromotionKind.GATE, account_id=None)
    except InputError as error:
        line = f"Not promoted: {error.message}"
        add_event(session, job.id, EventLevel.INFO, error.code, line)
        return
    line = f"The gate passed on dataset {dataset_id}: version {version_id} is the champion."
    add_event(session, job.id, EventLevel.INFO, "version_promoted", line)


def _has_tests(dataset_id: int) -> Exists:
    return exists(
        select(DatasetFace.face_id).where(
            DatasetFace.dataset_id == dataset_id, DatasetFace.split == Split.TEST
        )
    )
