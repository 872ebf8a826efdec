"""Freeze jobs: freeze the current labels into a dataset."""

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
    """Options of a freeze job."""

    freeze: FreezeOptions
    golden: bool = Field(False, description="Pin the test split as the golden test set.")


def request_freeze(session: Session, options: FreezeJobOptions, *, title: str, account_id: int | None) -> Job:
    """Write a freeze job; the caller commits, then wakes the workers."""
    return add_job(session, FREEZE, options, title=title.strip() or "Dataset", account_id=account_id)


def _start(session: Session, options: FreezeJobOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_freeze(session, options, title=request.title, account_id=request.account_id)


FREEZE = JobKind(
    name="freeze",
    title="Dataset freeze",
    options=FreezeJobOptions,
    stages=(FREEZE_STAGE,),
    start=_start,
    is_helper=True,
    needs_admin=lambda options: options.golden,
).declare()
