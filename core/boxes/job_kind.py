"""Classify jobs: predict the faces that people drew."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.boxes.queries import select_unpredicted_drawn
from core.errors import InputError
from core.jobs.kinds import JobKind, JobRequest, Stage
from core.jobs.options import JobOptions
from core.jobs.request import add_job
from core.jobs.stages import UNFINISHED
from core.settings import Settings
from models import ClassifierVersion, Job

CLASSIFY_STAGE = Stage(name="classify", activity="Predicting drawn faces")


def request_classify(session: Session, *, account_id: int | None) -> Job:
    """The job that predicts drawn faces: the one under way, or a new one; the caller commits, then wakes.

    Raises InputError nothing_to_classify where every drawn face has its prediction.
    """
    open_one = select(Job).where(Job.kind == CLASSIFY.name, Job.state.in_(UNFINISHED)).limit(1)
    job = session.scalars(open_one).one_or_none()
    if job is not None:
        return job
    version_id = session.scalars(select(ClassifierVersion.id).where(ClassifierVersion.champion)).one()
    if session.scalars(select_unpredicted_drawn(version_id).limit(1)).first() is None:
        raise InputError("nothing_to_classify", "Every drawn face has its prediction.")
    job = add_job(session, CLASSIFY, JobOptions(), title="Predictions for drawn faces", account_id=account_id)
    job.classifier_version_id = version_id
    return job


def _start(session: Session, _options: JobOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_classify(session, account_id=request.account_id)


CLASSIFY = JobKind(
    name="classify",
    title="Predictions for drawn faces",
    options=JobOptions,
    stages=(CLASSIFY_STAGE,),
    start=_start,
).declare()
