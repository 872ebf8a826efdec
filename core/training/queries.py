"""Read the rows of trainings: jobs, epochs, whether a fit runs, and whether the dataset lost faces."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.detection.face import Box
from core.training.features import face_key
from core.training.folder import Prepared
from core.training.job_kind import FIT_STAGE, TRAIN
from models import Batch, BatchState, Dataset, DatasetFace, Face, Job, Photo, Split, TrainingEpoch

_OPEN = (BatchState.WAITING, BatchState.LEASED)


def list_trainings(session: Session, *, before_id: int | None = None, limit: int = 20) -> list[Job]:
    """Training jobs, newest first; those older than `before_id` where it is given."""
    query = select(Job).where(Job.kind == TRAIN.name, Job.deleted_at.is_(None))
    if before_id is not None:
        query = query.where(Job.id < before_id)
    return list(session.scalars(query.order_by(Job.id.desc()).limit(limit)))


def read_epochs(session: Session, job_id: int) -> list[TrainingEpoch]:
    """Every finished epoch, those of the head first."""
    query = select(TrainingEpoch).where(TrainingEpoch.job_id == job_id).order_by(TrainingEpoch.id)
    return list(session.scalars(query))


@dataclass(frozen=True, kw_only=True)
class BestEpoch:
    """The best macro F1 of a training, and on how many validation faces; None where it has no dataset."""

    macro_f1: float
    faces: int | None


def read_best_f1(session: Session, job_ids: Sequence[int]) -> dict[int, BestEpoch]:
    """The best epoch by job, for each of these trainings that has one."""
    query = (
        select(TrainingEpoch.job_id, func.max(TrainingEpoch.validation_macro_f1))
        .where(TrainingEpoch.job_id.in_(job_ids))
        .group_by(TrainingEpoch.job_id)
    )
    best = dict(session.execute(query).all())
    faces = _count_validation_faces(session, list(best))
    return {job_id: BestEpoch(macro_f1=f1, faces=faces.get(job_id)) for job_id, f1 in best.items()}


def count_validation_faces(session: Session, job_id: int) -> int | None:
    """The validation faces of a training's dataset; None while it has none."""
    return _count_validation_faces(session, [job_id]).get(job_id)


def _count_validation_faces(session: Session, job_ids: Sequence[int]) -> dict[int, int]:
    query = select(Job.id, Dataset.counts).join(Dataset, Dataset.id == Job.dataset_id)
    return {
        job_id: sum(counts.get(Split.VALIDATION.value, {}).values())
        for job_id, counts in session.execute(query.where(Job.id.in_(job_ids)))
    }


def select_fit_batch(job_id: int) -> Select[Batch]:
    """Select the batch of a fit that waits or runs."""
    return select(Batch).where(Batch.job_id == job_id, Batch.kind == FIT_STAGE.name, Batch.state.in_(_OPEN))


def is_fitting(session: Session, job_id: int) -> bool:
    """Whether the fit waits or runs."""
    return session.scalars(select_fit_batch(job_id)).one_or_none() is not None


def is_stop_requested(session: Session, job_id: int) -> bool:
    """Whether somebody requested that the fit stop."""
    batch = session.scalars(select_fit_batch(job_id)).one_or_none()
    return batch is not None and FIT_STAGE.payload_of(batch).stop


def is_outdated(session: Session, prepared: Prepared) -> bool:
    """Whether prepared files hold crops of faces that a removal took out of the dataset."""
    faces = session.execute(
        select(Photo.sha256, Face.x1, Face.y1, Face.x2, Face.y2)
        .join(Face, Face.photo_id == Photo.id)
        .join(DatasetFace, DatasetFace.face_id == Face.id)
        .where(DatasetFace.dataset_id == prepared.dataset_id)
    )
    remaining = {face_key(sha256, Box(x1=x1, y1=y1, x2=x2, y2=y2)) for sha256, x1, y1, x2, y2 in faces}
    return not remaining.issuperset(prepared.keys)
