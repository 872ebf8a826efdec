"""The job kinds of review: fill a queue with faces, and measure the agreement of reviewers."""

from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import JobKind, JobRequest, Stage
from core.jobs.options import JobOptions
from core.jobs.queries import get_job
from core.jobs.request import add_job
from core.review.options import QueueOptions
from core.settings import Settings
from models import Job, QueueState, ReviewQueue

_LONGEST_TITLE = 200

#: Job event whose message says how likely label errors were found.
LABEL_ERRORS_EVENT = "label_errors_judged"

RANK_STAGE = Stage(name="rank", activity="Choosing faces")
STACK_STAGE = Stage(name="stack", activity="Stacking near-identical crops")
AGREE_STAGE = Stage(name="agree", activity="Measuring agreement")


class FillOptions(JobOptions):
    """The queue to fill; `ReviewQueue.options` says with which faces."""

    queue_id: int


def request_queue(
    session: Session, options: QueueOptions, *, title: str, account_id: int | None
) -> ReviewQueue:
    """Add a queue and the job that fills it; the caller commits, then wakes the workers.

    Raises InputError job_not_found or job_deleted.
    """
    if options.job_id is not None:
        get_job(session, options.job_id)
    queue = ReviewQueue(
        title=title[:_LONGEST_TITLE],
        state=QueueState.FILLING,
        options=options.to_json(),
        account_id=account_id,
        created_at=read_clock(session),
        items=0,
        items_decided=0,
    )
    session.add(queue)
    session.flush()
    job = add_job(
        session,
        REVIEW,
        FillOptions(queue_id=queue.id),
        title=f"Fill “{queue.title}”",
        account_id=account_id,
    )
    queue.job_id = job.id
    return queue


def request_agreement(session: Session, *, title: str = "", account_id: int | None) -> Job:
    """Add a job that measures agreement; the caller commits, then wakes the workers."""
    title = title.strip() or AGREEMENT.title
    return add_job(session, AGREEMENT, JobOptions(), title=title, account_id=account_id)


def _start_review(session: Session, options: FillOptions, request: JobRequest, _settings: Settings) -> Job:
    """Request a new queue with the options of the queue that the repeated job filled."""
    template = session.get(ReviewQueue, options.queue_id)
    if template is None:
        raise InputError("queue_not_found", f"There is no review queue {options.queue_id}.")
    chosen = QueueOptions.from_json(template.options)
    queue = request_queue(session, chosen, title=template.title, account_id=request.account_id)
    return session.get_one(Job, queue.job_id)


def _start_agreement(session: Session, _options: JobOptions, request: JobRequest, _settings: Settings) -> Job:
    return request_agreement(session, title=request.title, account_id=request.account_id)


REVIEW = JobKind(
    name="review",
    title="Review queue",
    options=FillOptions,
    stages=(RANK_STAGE, STACK_STAGE),
    start=_start_review,
    is_helper=True,
    kept_events=frozenset({LABEL_ERRORS_EVENT}),
).declare()

AGREEMENT = JobKind(
    name="agreement",
    title="Agreement of reviewers",
    options=JobOptions,
    stages=(AGREE_STAGE,),
    start=_start_agreement,
    is_helper=True,
).declare()
