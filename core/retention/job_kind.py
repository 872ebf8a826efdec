"""Retention jobs: delete the pictures of photos that are older than so many days."""

from enum import StrEnum

from pydantic import Field, model_validator
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.kinds import BatchPayload, JobKind, JobRequest, Stage
from core.jobs.options import JobOptions
from core.jobs.request import add_job
from core.settings import Settings
from models import Job


class KeptBy(StrEnum):
    """What names the photos."""

    JOB = "job"
    HOST = "host"
    #: All jobs of a schedule.
    SERIES = "series"

    @property
    def words(self) -> str:
        """For forms."""
        return {"job": "One job, by number", "host": "A host", "series": "A series: all jobs of a schedule"}[
            self.value
        ]


class RetentionOptions(JobOptions):
    """Which photos, and for how long they are kept. Raises InputError retention_invalid."""

    by: KeptBy = Field(description="What names the photos.")
    value: str = Field(description="Number of the job or schedule, or the host.")
    days: int = Field(30, ge=1, le=36_500, title="number of days", description="Days that photos are kept.")
    datasets: bool = Field(False, description="Also photos of which a dataset has faces.")

    @model_validator(mode="after")
    def _check(self) -> "RetentionOptions":
        value = self.value.strip().lower()
        is_number = value.isascii() and value.isdigit() and len(value) < 19
        if not value or (self.by is not KeptBy.HOST and not is_number):
            what = "the host" if self.by is KeptBy.HOST else f"the number of the {self.noun}"
            raise InputError("retention_invalid", f"Enter {what}.")
        object.__setattr__(self, "value", value)
        return self

    @property
    def noun(self) -> str:
        """What `value` names."""
        return "schedule" if self.by is KeptBy.SERIES else self.by.value

    @property
    def words(self) -> str:
        """The rule in plain words."""
        return f"{self.noun} {self.value}, after {self.days:,} {'day' if self.days == 1 else 'days'}"


class ErasePayload(BatchPayload):
    """Jobs whose reports show the pictures."""

    after: int = Field(0, description="Number of the last photo that was looked at.")
    jobs: tuple[int, ...] = Field((), description="Jobs that showed an erased photo.")


ERASE_STAGE = Stage(name="erase", activity="Deleting pictures", payload=ErasePayload)


def request_retention(
    session: Session, options: RetentionOptions, *, account_id: int | None, title: str = ""
) -> Job:
    """Write a retention job; one that finds nothing due is done at once, as a schedule needs."""
    return add_job(
        session,
        RETENTION,
        options,
        title=title or f"Retention: {options.words}",
        account_id=account_id,
    )


def _start(session: Session, options: RetentionOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_retention(session, options, account_id=request.account_id, title=request.title)


RETENTION = JobKind(
    name="retention",
    title="Retention",
    options=RetentionOptions,
    stages=(ERASE_STAGE,),
    start=_start,
    is_helper=True,
    needs_admin=lambda _options: True,
).declare()
