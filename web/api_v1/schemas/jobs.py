"""Jobs: their counts, progress and log."""

from datetime import datetime
from typing import Any, Self

from pydantic import Field

from core.jobs.outcome import outcome_of
from core.jobs.progress import JobProgress
from core.predict.final_counts import JobSums, predicted_sums
from models import Job, JobEvent, JobState
from web.api_v1.schemas.base import Answer, ListQuery


class PhotoCounts(Answer):
    """Photos of a job."""

    found: int
    done: int
    failed: int
    without_face: int


class FaceCounts(Answer):
    """Faces of a job by label."""

    with_mask: int
    without_mask: int
    incorrect: int
    indeterminate: int
    not_labelled: int

    @classmethod
    def of(cls, sums: JobSums) -> Self:
        """The counts as answered."""
        return cls(**{label.value: count for label, count in sums.labels.items()})


class Progress(Answer):
    """How far an unfinished job is."""

    fraction: float | None = Field(description="0 to 1; null while the input is still being listed.")
    photos_per_second: float | None
    seconds_left: float | None
    stage: str
    activity: str = Field(description="What the stage does, such as “Reading photos”; empty after the end.")
    stalled: str | None = Field(description="Why work waits and nobody claims it; null if it does not.")
    workers_active: int

    @classmethod
    def of(cls, found: JobProgress) -> Self:
        """The progress of a job."""
        return cls(**{name: getattr(found, name) for name in cls.model_fields})


class JobAnswer(Answer):
    """One job."""

    id: int
    kind: str
    title: str
    state: JobState
    outcome: str = Field(description="The state in words; says if a job that is done has no result.")
    options: dict[str, Any]
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    error_code: str | None
    error_message: str | None
    listed: bool = Field(description="Whether the input is listed, so that photos.found is the total.")
    photos: PhotoCounts
    faces: FaceCounts = Field(description="By final label.")
    faces_predicted: FaceCounts = Field(description="By predicted label.")
    files_skipped: dict[str, Any]
    version_id: int | None = Field(
        description="The version that a prediction uses, and the one that a training has made."
    )
    detector_id: int | None = Field(
        description="The trained face detector that a job uses, or has made; null for the installed one."
    )
    dataset_id: int | None = Field(description="What a freeze has made, or a training or evaluation uses.")

    @classmethod
    def of(cls, job: Job, sums: JobSums) -> Self:
        """The row as answered, with its sums of final labels."""
        return cls(**_job_values(job, sums))


class JobWithProgress(JobAnswer):
    """One job with its progress."""

    progress: Progress
    failures: dict[str, int] | None = Field(
        description="Photos that could not be read, by error code; null before the job has ended."
    )

    @classmethod
    def with_progress(
        cls, job: Job, sums: JobSums, progress: JobProgress, failures: dict[str, int] | None
    ) -> Self:
        """The row, its sums and its progress."""
        return cls(**_job_values(job, sums), progress=Progress.of(progress), failures=failures)


class JobList(Answer):
    """A page of jobs."""

    jobs: list[JobAnswer]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class JobQuery(ListQuery):
    """Which jobs to list; helpers, such as removals, are left out unless they are asked for."""

    kind: str | None = None
    state: JobState | None = None
    words: str = Field("", max_length=200, description="Part of the title, or the number of a job.")
    helpers: bool = False


class Event(Answer):
    """A line of a job's log."""

    id: int
    at: datetime
    level: str
    code: str
    text: str

    @classmethod
    def of(cls, event: JobEvent) -> Self:
        """The row as answered."""
        return cls(id=event.id, at=event.at, level=event.level.value, code=event.event, text=event.message)


class EventList(Answer):
    """The newest lines of a job's log, newest first."""

    events: list[Event]


def _job_values(job: Job, sums: JobSums) -> dict[str, Any]:
    same = ("id", "kind", "title", "state", "options", "created_at", "started_at", "finished_at",
            "error_code", "error_message", "listed", "dataset_id")  # fmt: skip
    return {name: getattr(job, name) for name in same} | {
        "outcome": outcome_of(job).words,
        "photos": PhotoCounts(
            found=job.photos_found,
            done=job.photos_done,
            failed=job.photos_failed,
            without_face=sums.photos_without_face,
        ),
        "faces": FaceCounts.of(sums),
        "faces_predicted": FaceCounts.of(predicted_sums(job)),
        "files_skipped": job.files_skipped or {},
        "version_id": job.classifier_version_id,
        "detector_id": job.detector_version_id,
    }
