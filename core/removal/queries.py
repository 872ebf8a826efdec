"""Read what a removal would delete, in numbers, and the record of a removal."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.detection.face import Box
from core.jobs.stages import UNFINISHED
from core.removal.target import Target
from core.training.features import face_key
from core.training.job_kind import TRAIN
from models import (
    Choice,
    ClassifierVersion,
    Dataset,
    DatasetFace,
    Decision,
    Face,
    Job,
    JobPhoto,
    NoLabel,
    Photo,
    Prediction,
    Takedown,
)

#: Ids up to this number are sent along with each count; databases accept no more than some 30,000 values.
_MOST_LISTED = 20_000


@dataclass(frozen=True, kw_only=True)
class DatasetLoss:
    """A dataset that contains faces of the photos, and the versions trained on it."""

    dataset: Dataset
    faces: int
    versions: tuple[ClassifierVersion, ...]


@dataclass(frozen=True, kw_only=True)
class RemovalPlan:
    """What a removal would delete."""

    target: Target
    photos: int
    bytes: int
    faces: int
    predictions: int
    decisions: Counter[Choice]
    #: Matching photos that also have another source; `target.spares` says whether they stay.
    shared: int
    jobs: int
    datasets: tuple[DatasetLoss, ...]
    #: Unfinished trainings on these datasets, which restart without the photos.
    trainings: tuple[Job, ...]
    #: The newest of the photos, to show.
    shown: tuple[Photo, ...]

    @property
    def spared(self) -> int:
        """Photos that stay and lose only their matching sources."""
        return self.shared if self.target.spares else 0


def plan_removal(session: Session, target: Target, *, shown: int = 12) -> RemovalPlan:
    """Count what a removal would delete, without changing anything."""
    ids = _ids_once(session, target)
    photos, size = session.execute(
        select(func.count(), func.coalesce(func.sum(Photo.bytes), 0)).where(Photo.id.in_(ids))
    ).one()
    jobs = session.scalars(
        select(func.count(JobPhoto.job_id.distinct())).where(JobPhoto.photo_id.in_(ids))
    ).one()
    lost = count_dataset_faces(session, ids)
    first = session.scalars(select(Photo).where(Photo.id.in_(ids)).order_by(Photo.id.desc()).limit(shown))
    return RemovalPlan(
        target=target,
        photos=photos,
        bytes=int(size),
        faces=count_faces(session, ids),
        predictions=count_predictions(session, ids),
        decisions=count_decisions(session, ids),
        shared=_count(session, target.shared_ids),
        jobs=jobs,
        datasets=tuple(read_losses(session, lost)),
        trainings=tuple(
            job for job in read_open_trainings(session, lost) if job.classifier_version_id is None
        ),
        shown=tuple(first),
    )


def count_targets(session: Session, target: Target) -> int:
    """Photos that a removal deletes or takes a source from; cheap enough for a transaction that writes."""
    spared = _count(session, target.shared_ids) if target.spares else 0
    return _count(session, target.photo_ids) + spared


def count_deleted(session: Session, target: Target) -> int:
    """Photos that a removal deletes."""
    return _count(session, target.photo_ids)


def list_removals(session: Session, *, before_id: int | None = None, limit: int = 50) -> Sequence[Takedown]:
    """The records of removals, newest first; `before_id` is the last id of the page before."""
    query = select(Takedown).order_by(Takedown.id.desc()).limit(limit)
    return session.scalars(query if before_id is None else query.where(Takedown.id < before_id)).all()


def _ids_once(session: Session, target: Target) -> Select[int] | Sequence[int]:
    """The ids themselves where they are few, so that what finds them runs once and not in each count."""
    found = session.scalars(target.photo_ids.limit(_MOST_LISTED + 1)).all()
    return found if len(found) <= _MOST_LISTED else target.photo_ids


def _count(session: Session, ids: Select[int]) -> int:
    return session.scalars(select(func.count()).select_from(ids.subquery())).one()


def count_faces(session: Session, ids: Select[int] | Sequence[int]) -> int:
    """Faces of these photos."""
    return session.scalars(select(func.count()).select_from(Face).where(Face.photo_id.in_(ids))).one()


def count_predictions(session: Session, ids: Select[int] | Sequence[int]) -> int:
    """Predictions for their faces."""
    query = select(func.count()).select_from(Prediction).join(Face).where(Face.photo_id.in_(ids))
    return session.scalars(query).one()


def count_decisions(session: Session, ids: Select[int] | Sequence[int]) -> Counter[Choice]:
    """Decisions on their faces by answer, without undo entries."""
    query = (
        select(Decision.label, func.count())
        .join(Face, Face.id == Decision.face_id)
        .where(Face.photo_id.in_(ids), Decision.label.is_not(None) | Decision.cannot_tell)
        .group_by(Decision.label)
    )
    return Counter({label or NoLabel.CANNOT_TELL: count for label, count in session.execute(query)})


def count_dataset_faces(session: Session, ids: Select[int] | Sequence[int]) -> dict[int, int]:
    """Faces of these photos by dataset id."""
    query = (
        select(DatasetFace.dataset_id, func.count())
        .join(Face, Face.id == DatasetFace.face_id)
        .where(Face.photo_id.in_(ids))
        .group_by(DatasetFace.dataset_id)
    )
    return dict(session.execute(query).all())


def read_losses(session: Session, faces: dict[int, int]) -> list[DatasetLoss]:
    """The existing datasets among these ids (id to lost faces), with their versions."""
    datasets = session.scalars(select(Dataset).where(Dataset.id.in_(faces)).order_by(Dataset.id)).all()
    versions = session.scalars(
        select(ClassifierVersion)
        .where(ClassifierVersion.dataset_id.in_(faces))
        .order_by(ClassifierVersion.id)
    ).all()
    return [
        DatasetLoss(
            dataset=dataset,
            faces=faces[dataset.id],
            versions=tuple(version for version in versions if version.dataset_id == dataset.id),
        )
        for dataset in datasets
    ]


def read_open_trainings(session: Session, dataset_ids: Collection[int]) -> list[Job]:
    """Unfinished trainings on these datasets."""
    query = select(Job).where(Job.kind == TRAIN.name, Job.dataset_id.in_(dataset_ids))
    return list(session.scalars(query.where(Job.state.in_(UNFINISHED)).order_by(Job.id)))


def read_feature_keys(session: Session, photo_ids: Sequence[int]) -> list[bytes]:
    """The feature-cache keys of all faces of these photos."""
    faces = session.execute(
        select(Photo.sha256, Face.x1, Face.y1, Face.x2, Face.y2)
        .join(Face, Face.photo_id == Photo.id)
        .where(Photo.id.in_(photo_ids))
    )
    return [face_key(sha256, Box(x1=x1, y1=y1, x2=x2, y2=y2)) for sha256, x1, y1, x2, y2 in faces]


def get_takedown(session: Session, job_id: int) -> Takedown:
    """The record that belongs to a removal job."""
    return session.scalars(select(Takedown).where(Takedown.job_id == job_id)).one()
