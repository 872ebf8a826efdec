"""What a report says of its job: input, thresholds, classifier version, and the counters to agree with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy.orm import Session

from core.database import read_clock
from core.predict.options import PredictOptions
from models.account import Account
from models.classifier_version import ClassifierVersion
from models.job import Job


@dataclass(frozen=True, kw_only=True)
class Sums:
    """Photos and faces of a job, counted the way its counter columns are."""

    photos: int
    photos_done: int
    photos_failed: int
    photos_without_face: int
    with_mask: int
    without_mask: int
    incorrect: int
    indeterminate: int

    @classmethod
    def of_job(cls, job: Job) -> Self:
        """The job's own counters."""
        return cls(
            photos=job.photos_found,
            photos_done=job.photos_done,
            photos_failed=job.photos_failed,
            photos_without_face=job.photos_without_face,
            with_mask=job.faces_with_mask,
            without_mask=job.faces_without_mask,
            incorrect=job.faces_incorrect,
            indeterminate=job.faces_indeterminate,
        )


@dataclass(frozen=True, kw_only=True)
class ClassifierView:
    """The classifier version that gave the probabilities."""

    name: str
    #: Of its file.
    sha256: str
    card: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class JobView:
    """One job as its report describes it, independent of a session."""

    job_id: int
    title: str
    #: Absolute folder that was read; None where files were uploaded.
    folder: str | None
    #: Name of the account that asked; None where it is gone.
    started_by: str | None
    created_at: datetime
    started_at: datetime | None
    #: When this view was read: the time the report speaks of.
    read_at: datetime
    classifier: ClassifierView | None
    detector_key: str | None
    smallest_face: int
    indeterminate_below: float
    files_ignored: int
    sums: Sums
    #: True where the report leaves out photos that are hidden as duplicates.
    leave_out_hidden: bool = False


def read_job_view(session: Session, job: Job) -> JobView:
    """Collect what the report's head needs."""
    options = PredictOptions.from_json(job.options)
    account = session.get(Account, job.account_id) if job.account_id is not None else None
    return JobView(
        job_id=job.id,
        title=job.title or f"Job {job.id}",
        folder=options.folder,
        started_by=account.name if account is not None else None,
        created_at=job.created_at,
        started_at=job.started_at,
        read_at=read_clock(session),
        classifier=_classifier(session, job),
        detector_key=job.detector_key,
        smallest_face=options.smallest_face,
        indeterminate_below=options.indeterminate_below,
        files_ignored=job.files_ignored,
        sums=Sums.of_job(job),
        leave_out_hidden=options.leave_out_hidden,
    )


def _classifier(session: Session, job: Job) -> ClassifierView | None:
    if job.classifier_version_id is None:
        return None
    version = session.get_one(ClassifierVersion, job.classifier_version_id)
    return ClassifierView(name=version.name, sha256=version.sha256, card=dict(version.card))
