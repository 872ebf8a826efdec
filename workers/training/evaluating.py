"""The last batch of a training: export, register and evaluate the version beside the champion."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Exists, exists, select, update
from sqlalchemy.orm import Session

from core.datasets.queries import find_golden_dataset, get_dataset
from core.errors import InputError
from core.evaluation.queries import count_unpredicted
from core.evaluation.store import evaluate_version, promote_through_gate
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.training.export import export
from core.training.folder import Prepared, remove_folder, training_folder
from core.training.job_kind import COMPARE_STAGE
from core.training.options import PromoteBy, TrainOptions
from core.training.progress import Part, StepPlan
from core.training.store import write_steps
from core.versions.files import NewVersion, keep_files, version_files
from core.versions.queries import get_version, read_champion
from core.versions.store import register_version
from models import DatasetFace, EventLevel, Job, PromotionKind, Split
from workers.engine import BatchRun, handles
from workers.evaluate import predict_dataset
from workers.training.fitting import fit_prepared

_SUMMARY = (
    "Classifies detected faces as `with_mask`, `without_mask`, `incorrect` (nose or mouth uncovered, mask on "
    "the chin) or `not_a_face` (false detection). MobileNetV2, trained here on decisions of people."
)
#: Most time that the export takes on a slow or busy machine.
_EXPORT_SECONDS = 300.0


@handles(COMPARE_STAGE)
def evaluate_training(run: BatchRun) -> None:
    """Export, register and evaluate; finishes the job."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
    version_id = job.classifier_version_id or _register(run, job)
    assert job.dataset_id is not None
    with run.db.read() as session:
        dataset_ids = find_test_datasets(session, job.dataset_id)
    version_ids = predict_tests(run, version_id, dataset_ids)
    with run.db.write() as session:
        lock_held(session, run.claim)
        write_evaluations(session, job, version_ids, dataset_ids)
        session.execute(update(Job).where(Job.id == job.id).values(steps_done=Job.steps_found))
        finish_batch(session, run.claim)
    remove_folder(run.settings, job.id)


def _report_steps(run: BatchRun, job: Job, prepared: Prepared) -> None:
    options, training = TrainOptions.from_json(job.options), prepared.indices(Split.TRAIN)
    plan = StepPlan.of(len(training), options.fine_tune_epochs)
    with run.db.write() as session:
        write_steps(session, run.claim, done=plan.done(Part.EVALUATE, 0), found=plan.total)


def _register(run: BatchRun, job: Job) -> int:
    prepared, folder = fit_prepared(run), training_folder(run.settings, job.id)
    _report_steps(run, job, prepared)
    details = _details(run, job, prepared)
    # TensorFlow's converters let no other thread run.
    with run.hold(_EXPORT_SECONDS):
        exported = export(prepared, folder, name=f"training-{job.id}", details=details)
    run.check()
    files = keep_files(version_files(run.settings), exported.paths, exported.card)
    with run.db.write() as session:
        lock_held(session, run.claim)
        new = NewVersion(
            name=f"training-{job.id}",
            card=exported.card,
            files=files,
            parent_id=prepared.parent_id,
            dataset_id=prepared.dataset_id,
        )
        version = register_version(session, new)
        session.get_one(Job, job.id).classifier_version_id = version.id
        line = f"Version {version.id}: {len(files)} files stored; they agree with the network."
        add_event(session, job.id, EventLevel.INFO, "version_registered", line)
        return version.id


def _details(run: BatchRun, job: Job, prepared: Prepared) -> dict[str, Any]:
    """Entries of the card that describe where the version came from."""
    with run.db.read() as session:
        dataset = get_dataset(session, prepared.dataset_id)
        parent = get_version(session, prepared.parent_id) if prepared.parent_id else None
    return {
        "summary": _SUMMARY,
        "recipe": {key: value for key, value in job.options.items() if key != "newest_decision"},
        "start": {"parent": parent.sha256 if parent else None, "backbone": prepared.backbone_sha256},
        "data": {
            "dataset": dataset.id,
            "content_sha256": dataset.content_sha256,
            "faces": dataset.counts,
            "licences": dataset.licences,
        },
    }


def predict_tests(run: BatchRun, version_id: int, dataset_ids: Sequence[int]) -> list[int]:
    """Predict the test faces with the version and the champion; returns the ids of the two, or of one."""
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


def find_test_datasets(session: Session, dataset_id: int) -> list[int]:
    """The golden test set and the training's dataset, where they have test faces; the gate uses the first."""
    golden = find_golden_dataset(session)
    wanted = dict.fromkeys([golden.id, dataset_id] if golden else [dataset_id])
    return [each for each in wanted if session.scalars(select(_has_tests(each))).one()]


def write_evaluations(
    session: Session, job: Job, version_ids: Sequence[int], dataset_ids: Sequence[int]
) -> None:
    """Write the evaluations and log them; promote through the gate where the options say so."""
    if not dataset_ids:
        line = "There is no test face to evaluate on. Label faces of more photos."
        add_event(session, job.id, EventLevel.WARNING, "no_test_faces", line)
        return
    for version_id in version_ids:
        for dataset_id in dataset_ids:
            macro_f1 = evaluate_version(session, version_id, dataset_id).metrics["macro_f1"]["value"]
            line = f"Version {version_id} on dataset {dataset_id}: macro F1 {macro_f1:.4f}."
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
