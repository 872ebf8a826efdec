"""Request a job: write its row and its first batch."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import JobKind, JobRequest, OptionsT, get_kind
from core.jobs.stages import add_batch
from core.jobs.store import add_event
from core.settings import Settings
from models import DetectorVersion, EventLevel, Job, JobState

_LONGEST_TITLE = 200
_DETECTOR = select(DetectorVersion.id).where(DetectorVersion.champion)


class NothingNew(InputError):
    """The requested job would find too little new input; a schedule skips this run."""


def add_job(
    session: Session, kind: JobKind[OptionsT], options: OptionsT, *, title: str, account_id: int | None
) -> Job:
    """Write a job with the first batch of its first stage; the caller commits, then wakes the workers.

    Raises InputError option_invalid for a follow-up that the kind does not declare.
    """
    stage = kind.stages[0]
    job = _write_job(
        session, kind, options, stage.name, listed=not stage.lists, title=title, account_id=account_id
    )
    add_batch(session, job, sequence=0)
    add_event(session, job.id, EventLevel.INFO, "job_requested", f"Requested: {job.title}.")
    return job


def add_listed_job(
    session: Session,
    kind: JobKind[OptionsT],
    stage: str,
    options: OptionsT,
    *,
    title: str,
    account_id: int | None,
) -> Job:
    """Write a job whose input is known: it begins at `stage`, for which the caller writes files and batches.

    Raises InputError option_invalid as `add_job` does.
    """
    job = _write_job(session, kind, options, stage, listed=True, title=title, account_id=account_id)
    add_event(session, job.id, EventLevel.INFO, "job_requested", f"Requested: {job.title}.")
    return job


def _write_job(
    session: Session,
    kind: JobKind[OptionsT],
    options: OptionsT,
    stage: str,
    *,
    listed: bool,
    title: str,
    account_id: int | None,
) -> Job:
    unknown = set(options.follow_up) - kind.follow_ups
    if unknown:
        raise InputError("option_invalid", f"{kind.title} has no follow-up {min(unknown)!r}.")
    job = Job(
        kind=kind.name,
        state=JobState.WAITING,
        stage=stage,
        listed=listed,
        title=title[:_LONGEST_TITLE],
        options=options.to_json(),
        account_id=account_id,
        # A job keeps its detector, whichever is promoted while it runs: its faces have one key.
        detector_version_id=session.scalars(_DETECTOR).one_or_none(),
        created_at=read_clock(session),
        batches_open=0,
    )
    session.add(job)
    session.flush()
    return job


def request_like(job: Job, *, account_id: int | None, title: str = "") -> JobRequest:
    """The request of another job with the options of this one, by default with its title."""
    return JobRequest(kind=job.kind, options=job.options, title=title or job.title, account_id=account_id)


def start_job(session: Session, request: JobRequest, settings: Settings) -> Job:
    """Request a job from stored options; the caller commits, then wakes the workers.

    Raises InputError job_kind_unknown, job_not_again or of the kind's own request, such as NothingNew.
    """
    kind: JobKind[Any] = get_kind(request.kind)
    if kind.start is None:
        raise _not_again(kind)
    return kind.start(session, kind.options.from_json(request.options), request, settings)


def check_recurring(request: JobRequest) -> None:
    """Raise InputError job_not_again, or with a code of the kind if a later job would find nothing new."""
    kind: JobKind[Any] = get_kind(request.kind)
    if not kind.runs_again:
        raise _not_again(kind)
    kind.check_recurring(kind.options.from_json(request.options))


def may_recur(request: JobRequest) -> bool:
    """Whether a schedule can start such jobs."""
    try:
        check_recurring(request)
    except InputError:
        return False
    return True


def _not_again(kind: JobKind[Any]) -> InputError:
    return InputError("job_not_again", f"{kind.title}: such a job cannot be started again.")
