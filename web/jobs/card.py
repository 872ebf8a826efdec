"""What the list of jobs and a job's page show of one job."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.jobs.kinds import get_stage
from core.jobs.outcome import Outcome, outcome_of
from core.jobs.progress import JobProgress, read_progress_of
from core.jobs.stages import UNFINISHED
from core.labels.final_label import FinalLabel
from core.library.files.skipping import SkippedNames
from core.number_text import plural
from core.predict.final_counts import JobSums, read_final_sums
from core.settings import Settings
from models import Account, Job, JobState


@dataclass(frozen=True, kw_only=True)
class JobCard:
    """The job, its progress, and which actions are possible."""

    job: Job
    progress: JobProgress
    #: Name of the account, empty if it is deleted.
    who: str
    #: Faces by final label, and photos without a face.
    sums: JobSums

    @property
    def outcome(self) -> Outcome:
        """The state in words; a done job without any result says so."""
        return outcome_of(self.job)

    @property
    def has_no_result(self) -> bool:
        """Whether the job is done, and yet nothing came of it."""
        return self.job.state is JobState.DONE and self.outcome.bad

    @property
    def processed(self) -> int:
        """Photos that need no more work."""
        return self.job.photos_done + self.job.photos_failed

    @property
    def skipped(self) -> list[str]:
        """What the listing skipped, a sentence a reason."""
        if self.job.files_skipped is None and self.job.files_ignored:
            return [f"{plural(self.job.files_ignored, 'file')} skipped"]
        return SkippedNames.from_json(self.job.files_skipped or {}).sentences()

    @property
    def is_open(self) -> bool:
        """Whether workers may still work on it."""
        return self.job.state in (JobState.WAITING, JobState.RUNNING)

    @property
    def has_ended(self) -> bool:
        """Whether it is done, failed or cancelled."""
        return self.job.state not in UNFINISHED

    @property
    def seconds_taken(self) -> float | None:
        """Seconds from the first batch to the end; None before."""
        job = self.job
        ended = job.started_at is not None and job.finished_at is not None
        return (job.finished_at - job.started_at).total_seconds() if ended else None  # type: ignore[operator]

    @property
    def rate(self) -> float | None:
        """Photos per second in the last half minute, or over the whole job once it has ended."""
        if self.seconds_taken is not None:
            return self.processed / max(self.seconds_taken, 0.1) or None
        return self.progress.photos_per_second

    @property
    def can_pause(self) -> bool:
        """Whether the job can be paused."""
        return self.is_open

    @property
    def can_resume(self) -> bool:
        """Whether the job can be resumed."""
        return self.job.state is JobState.PAUSED

    @property
    def can_cancel(self) -> bool:
        """Whether the job can be cancelled."""
        return self.is_open or self.can_resume

    @property
    def can_continue(self) -> bool:
        """Whether the rest of a cancelled job can be done."""
        return self.job.state is JobState.CANCELLED

    @property
    def can_retry(self) -> bool:
        """Whether there is something to run again: a failed job, or failed photos of a done one."""
        failed = self.job.photos_failed - self.job.photos_removed
        has_failed_photos = self.job.state is JobState.DONE and failed > 0
        return self.job.state is JobState.FAILED or has_failed_photos

    @property
    def activity(self) -> str:
        """What the job does now."""
        if not self.is_open:
            return ""
        if self.progress.workers_active == 0 and self.job.state is JobState.WAITING:
            return "Waiting for a worker"
        return get_stage(self.progress.stage).activity if self.progress.stage else ""

    @property
    def labels(self) -> list[tuple[FinalLabel, int]]:
        """Faces by final label so far."""
        return self.sums.shown

    @property
    def faces(self) -> int:
        """Faces so far."""
        return self.sums.faces


def read_card(session: Session, job: Job, settings: Settings) -> JobCard:
    """Read what the card of one job shows."""
    return read_cards(session, [job], settings)[0]


def read_cards(session: Session, jobs: Sequence[Job], settings: Settings) -> list[JobCard]:
    """Read what the cards of many jobs show, in as many queries as for one."""
    progress = read_progress_of(session, jobs, settings)
    accounts = select(Account.id, Account.name).where(Account.id.in_({job.account_id for job in jobs}))
    names: dict[int | None, str] = dict(session.execute(accounts).all())
    sums = read_final_sums(session, jobs)
    return [
        JobCard(job=job, progress=progress[job.id], who=names.get(job.account_id, ""), sums=sums[job.id])
        for job in jobs
    ]
