"""The job kind that predicts drawn faces."""

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


def request_classify(session: Session, *, title: str = "", account_id: int | None) -> Job:
    """The unfinished job that predicts drawn faces, or a new one; the caller commits, then wakes workers.

    Raises InputError nothing_to_classify if all drawn faces have predictions.
    """
    unfinished = select(Job).where(Job.kind == CLASSIFY.name, Job.state.in_(UNFINISHED)).limit(1)
    job = session.scalars(unfinished).one_or_none()
    if job is not None:
        return job
    version_id = session.scalars(select(ClassifierVersion.id).where(ClassifierVersion.champion)).one()
    if session.scalars(select_unpredicted_drawn(version_id).limit(1)).first() is None:
        raise InputError("nothing_to_classify", "All drawn faces have predictions.")
    job = add_job(
        session, CLASSIFY, JobOptions(), title=title.strip() or CLASSIFY.title, account_id=account_id
    )
    job.classifier_version_id = version_id
    return job


def _start(session: Session, _options: JobOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_classify(session, title=request.title, account_id=request.account_id)


CLASSIFY = JobKind(
    name="classify",
    title="Predictions for drawn faces",
    options=JobOptions,
    stages=(CLASSIFY_STAGE,),
    start=_start,
    is_helper=True,
).declare()
