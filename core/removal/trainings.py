"""Trainings that hold crops of removed photos: they begin anew without them."""

from collections.abc import Collection

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.jobs.kinds import Runner, stage_names
from core.jobs.stages import UNFINISHED
from core.jobs.store import add_event
from core.settings import Settings
from core.training.folder import list_folders, remove_folder
from core.training.job_kind import TRAIN
from models import Batch, BatchState, EventLevel, Job


def open_trainings(session: Session, dataset_ids: Collection[int]) -> list[Job]:
    """Unfinished trainings on these datasets."""
    query = select(Job).where(Job.kind == TRAIN.name, Job.dataset_id.in_(dataset_ids))
    return list(session.scalars(query.where(Job.state.in_(UNFINISHED)).order_by(Job.id)))


def stop_trainings(session: Session, dataset_ids: Collection[int]) -> None:
    """Take their batches out of the trainer's hands, in the transaction that takes the faces away.

    Whoever claims such a batch next finds the preparation outdated and prepares anew.
    """
    for job in open_trainings(session, dataset_ids):
        session.execute(
            update(Batch)
            .where(
                Batch.job_id == job.id,
                Batch.state == BatchState.LEASED,
                Batch.kind.in_(stage_names(Runner.TRAINER)),
            )
            .values(state=BatchState.WAITING, token=None, lease_until=None, attempts=0)
        )
        if job.classifier_version_id is None:
            line = "Photos of its dataset were removed: it begins anew without them."
            add_event(session, job.id, EventLevel.WARNING, "training_restarted", line)


def clear_trainings(session: Session, settings: Settings, dataset_ids: Collection[int]) -> None:
    """Remove the folders of these datasets' trainings, crops and all, as far as nobody works in them.

    A training that was claimed again since `stop_trainings` has begun by clearing its folder itself.
    """
    kept = list_folders(settings)
    jobs = session.scalars(select(Job.id).where(Job.id.in_(kept), Job.dataset_id.in_(dataset_ids))).all()
    for job_id in jobs:
        # Locked, so that nobody claims one of them while the folder goes.
        batches = session.scalars(
            select(Batch).where(Batch.job_id == job_id).with_for_update(key_share=True)
        ).all()
        if all(batch.state is not BatchState.LEASED for batch in batches):
            remove_folder(settings, job_id)
