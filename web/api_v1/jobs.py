"""Request, list, read, steer and delete jobs."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from core.datasets.importing.queries import count_failed_photos
from core.jobs.actions import cancel_job, continue_job, pause_job, resume_job, retry_job
from core.jobs.deletion import delete_job
from core.jobs.kinds import JobRequest, get_kind
from core.jobs.progress import read_progress
from core.jobs.queries import JobFilter, get_job, list_events, list_jobs
from core.jobs.request import request_like, start_job
from core.jobs.stages import UNFINISHED
from core.predict.final_counts import read_final_sums
from models import Job, Scope
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, read_cursor
from web.api_v1.schemas.job_requests import JobRequestBody
from web.api_v1.schemas.jobs import Event, EventList, JobAnswer, JobList, JobQuery, JobWithProgress
from web.api_v1.starting import answer_job, created_job, require_scope_of
from web.extension import database, settings
from workers.broker import wake

_EVENTS = 200
_ACTIONS: dict[str, Callable[[Session, int], Job]] = {
    "pause": pause_job,
    "resume": resume_job,
    "cancel": cancel_job,
    "continue": continue_job,
    "retry": retry_job,
}


@api_v1.get("/jobs")
@operation(Scope.READ, answer=JobList, tag="jobs")
def list_all_jobs(query: JobQuery) -> JobList:
    """Jobs, newest first."""
    if query.kind is not None:
        get_kind(query.kind)
    chosen = JobFilter(kind=query.kind, state=query.state, words=query.words.strip(), helpers=query.helpers)
    with database().read() as rows:
        found = list_jobs(rows, chosen, after_id=read_cursor(query.after), limit=query.limit + 1)
        sums = read_final_sums(rows, found)
    shown = found[: query.limit]
    return JobList(
        jobs=[JobAnswer.of(job, sums[job.id]) for job in shown],
        next=cursor_of(shown[-1].id) if len(found) > query.limit else None,
    )


@api_v1.post("/jobs")
@operation(Scope.SUBMIT, answer=JobAnswer, status=202, tag="jobs", repeatable=True)
def create_job(json: JobRequestBody) -> Answered:
    """Request a job.

    Jobs that delete pictures, promote a version or pin a golden test set need the scope admin.
    With an `Idempotency-Key` header the request can be sent again within a day: the answer is the same job.
    """
    wanted: Any = json.root
    asked = JobRequest(
        kind=wanted.kind,
        options=wanted.options.to_json(),
        title=wanted.title,
        account_id=caller().account.id,
    )
    return _start(asked)


@api_v1.get("/jobs/<int:job_id>")
@operation(Scope.READ, answer=JobWithProgress, tag="jobs", errors=(410,))
def read_job(job_id: int) -> JobWithProgress:
    """One job with its progress."""
    with database().read() as rows:
        job = get_job(rows, job_id)
        sums = read_final_sums(rows, [job])[job_id]
        progress = read_progress(rows, job, settings())
        # Counted once the job has ended: a job that is waited for is read often.
        failed = None if job.state in UNFINISHED else count_failed_photos(rows, job_id)
    failures = None if failed is None else {code or "unknown": count for code, count in failed.items()}
    return JobWithProgress.with_progress(job, sums, progress, failures)


@api_v1.get("/jobs/<int:job_id>/events")
@operation(Scope.READ, answer=EventList, tag="jobs", errors=(410,))
def read_events(job_id: int) -> EventList:
    """The newest lines of a job's log, newest first."""
    with database().read() as rows:
        get_job(rows, job_id)
        return EventList(events=[Event.of(event) for event in list_events(rows, job_id, limit=_EVENTS)])


@api_v1.post("/jobs/<int:job_id>/<any(pause, resume, cancel, continue, retry):action>")
@operation(Scope.SUBMIT, answer=JobAnswer, tag="jobs", errors=(409, 410))
def steer_job(job_id: int, action: str) -> JobAnswer:
    """Pause, resume, cancel, continue or retry a job; admin where the job itself needs it."""
    with database().write() as rows:
        job = get_job(rows, job_id)
        require_scope_of(job.kind, job.options)
        answer = answer_job(rows, _ACTIONS[action](rows, job_id))
    wake(settings())
    return answer


@api_v1.post("/jobs/<int:job_id>/again")
@operation(Scope.SUBMIT, answer=JobAnswer, status=202, tag="jobs", errors=(410,), repeatable=True)
def run_job_again(job_id: int) -> Answered:
    """Request another job with the same options; admin where the job itself needs it."""
    with database().read() as rows:
        asked = request_like(get_job(rows, job_id), account_id=caller().account.id)
    return _start(asked)


@api_v1.delete("/jobs/<int:job_id>")
@operation(Scope.ADMIN, status=204, tag="jobs", errors=(409, 410))
def delete_ended_job(job_id: int) -> Answered:
    """Delete a job that has ended, with its reports; photos, faces and decisions stay."""
    with database().write() as rows:
        delete_job(rows, job_id, by=caller().account.name)
    return "", 204


def _start(asked: JobRequest) -> Answered:
    require_scope_of(asked.kind, asked.options)
    return created_job(lambda rows: start_job(rows, asked, settings()))
