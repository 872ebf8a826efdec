"""How a job stands or ended, in words, from its counters alone: lists show it for many jobs."""

from dataclasses import dataclass

from core.jobs.kinds import get_kind
from models import Job, JobState


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """The state of a job; a done job without any result says so."""

    #: Such as "Running" or "Done, no photo could be read".
    words: str
    #: Whether the job failed, or ended without a result.
    bad: bool

    @property
    def sentence(self) -> str:
        """For a terminal, such as "No photo could be read."."""
        reason = self.words.rpartition(", ")[2]
        return f"{reason[:1].upper()}{reason[1:]}."


def outcome_of(job: Job) -> Outcome:
    """The outcome of a job of any kind."""
    words = job.state.value.capitalize()
    if job.state is not JobState.DONE:
        return Outcome(words=words, bad=job.state is JobState.FAILED)
    empty = get_kind(job.kind).empty_result(job)
    return Outcome(words=f"{words}, {empty}" if empty else words, bad=bool(empty))
