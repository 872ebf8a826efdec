"""The last batch of a training: files checked and registered, the version measured beside the champion."""

from typing import Any

from sqlalchemy import update

from core.datasets.queries import get_dataset
from core.jobs.finish import finish_batch
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.training.exporting import export
from core.training.folder import remove_folder, training_folder
from core.training.job_kind import COMPARE_STAGE
from core.training.options import TrainOptions
from core.training.prepared import Prepared
from core.training.steps import Part, StepPlan
from core.training.store import note_steps
from core.versions.files import NewVersion, keep_files, version_files
from core.versions.queries import get_version
from core.versions.store import register_version
from models import EventLevel, Job, Split
from workers.engine import BatchRun, handles
from workers.training.comparing import evaluate_beside, measured_datasets, predict_tests
from workers.training.fitting import fit_prepared

_SUMMARY = (
    "Tells a found face's mask: `with_mask`, `without_mask`, `incorrect` (nose or mouth bare, mask on the "
    "chin), or `not_a_face` where the detector was wrong. MobileNetV2, trained here from what people decided."
)


@handles(COMPARE_STAGE)
def evaluate_training(run: BatchRun) -> None:
    """Export, register, measure; the job ends with it."""
    with run.db.read() as session:
        job = session.get_one(Job, run.claim.job_id)
    version_id = job.classifier_version_id or _register(run, job)
    assert job.dataset_id is not None
    with run.db.read() as session:
        dataset_ids = measured_datasets(session, job.dataset_id)
    version_ids = predict_tests(run, version_id, dataset_ids)
    with run.db.write() as session:
        lock_held(session, run.claim)
        evaluate_beside(session, job, version_ids, dataset_ids)
        session.execute(update(Job).where(Job.id == job.id).values(steps_done=Job.steps_found))
        finish_batch(session, run.claim)
    remove_folder(run.settings, job.id)


def _tell_begin(run: BatchRun, job: Job, prepared: Prepared) -> None:
    options, training = TrainOptions.from_json(job.options), prepared.of(Split.TRAIN)
    plan = StepPlan.of(len(training), options.fine_tune_epochs)
    with run.db.write() as session:
        note_steps(session, run.claim, done=plan.done(Part.EVALUATE, 0), found=plan.found)


def _register(run: BatchRun, job: Job) -> int:
    prepared, folder = fit_prepared(run), training_folder(run.settings, job.id)
    _tell_begin(run, job, prepared)
    exported = export(prepared, folder, name=f"training-{job.id}", details=_details(run, job, prepared))
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
        line = f"Version {version.id}: {len(files)} files kept; they agree with the network."
        add_event(session, job.id, EventLevel.INFO, "version_registered", line)
        return version.id


def _details(run: BatchRun, job: Job, prepared: Prepared) -> dict[str, Any]:
    """What the card tells of where the version came from."""
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
