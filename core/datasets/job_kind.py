"""Freeze jobs: freeze the labels that count now into a dataset."""

from pydantic import Field
from sqlalchemy.orm import Session

from core.datasets.options import FreezeOptions
from core.jobs.kinds import JobKind, JobRequest, Stage
from core.jobs.options import JobOptions
from core.jobs.request import add_job
from core.settings import Settings
from models import Job

FREEZE_STAGE = Stage(name="freeze", activity="Freezing the dataset")


class FreezeJobOptions(JobOptions):
    """What a freeze job is asked for."""

    freeze: FreezeOptions
    golden: bool = Field(False, description="Pin the test split as a golden test set at once.")


def request_freeze(session: Session, options: FreezeJobOptions, *, title: str, account_id: int | None) -> Job:
    """Write a freeze job; the caller commits, then wakes the workers."""
    return add_job(session, FREEZE, options, title=title.strip() or "Dataset", account_id=account_id)


def _start(session: Session, options: FreezeJobOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_freeze(session, options, title=request.title, account_id=request.account_id)


FREEZE = JobKind(
    name="freeze",
    title="Freezing of a dataset",
    options=FreezeJobOptions,
    stages=(FREEZE_STAGE,),
    start=_start,
).declare()
