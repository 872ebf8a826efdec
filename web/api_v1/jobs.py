"""Request, list, read, steer and delete jobs."""

import hashlib
from collections.abc import Callable
from typing import Any

from flask import request, url_for
from sqlalchemy.orm import Session

from core.api_tokens import find_repeated, keep_key
from core.jobs.actions import cancel_job, continue_job, pause_job, resume_job, retry_job
from core.jobs.deletion import delete_job
from core.jobs.kinds import JobKind, JobRequest, get_kind
from core.jobs.progress import read_progress
from core.jobs.queries import JobFilter, get_job, list_events, list_jobs
from core.jobs.request import request_like, start_job
from core.predict.final_counts import read_final_sums
from models import Job, Scope
from web.api_v1.access import caller, require_admin
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, read_cursor
from web.api_v1.schemas.job_requests import JobRequestBody
from web.api_v1.schemas.jobs import Event, EventList, JobAnswer, JobList, JobQuery, JobWithProgress
from web.extension import database, settings
from workers.broker import wake

_EVENTS = 200
_KEY = "Idempotency-Key"
_ACTIONS: dict[str, Callable[[Session, int], Job]] = {
    "pause": pause_job,
    "resume": resume_job,
    "cancel": cancel_job,
    "continue": continue_job,
    "retry": retry_job,
}


class _KeyTaken(Exception):
    """Another request with the same key was faster: this one's job is undone."""


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
@operation(Scope.SUBMIT, answer=JobAnswer, status=202, tag="jobs", errors=(422,))
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
    return _created(_start_once(asked))


@api_v1.get("/jobs/<int:job_id>")
@operation(Scope.READ, answer=JobWithProgress, tag="jobs", errors=(410,))
def read_job(job_id: int) -> JobWithProgress:
    """One job with its progress."""
    with database().read() as rows:
        job = get_job(rows, job_id)
        sums = read_final_sums(rows, [job])[job_id]
        return JobWithProgress.with_progress(job, sums, read_progress(rows, job, settings()))


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
        _check_scope(job.kind, job.options)
        answer = _answer(rows, _ACTIONS[action](rows, job_id))
    wake(settings())
    return answer


@api_v1.post("/jobs/<int:job_id>/again")
@operation(Scope.SUBMIT, answer=JobAnswer, status=202, tag="jobs", errors=(410, 422))
def run_job_again(job_id: int) -> Answered:
    """Request another job with the same options; admin where the job itself needs it."""
    with database().read() as rows:
        asked = request_like(get_job(rows, job_id), account_id=caller().account.id)
    return _created(_start_once(asked))


@api_v1.delete("/jobs/<int:job_id>")
@operation(Scope.ADMIN, status=204, tag="jobs", errors=(409, 410))
def delete_ended_job(job_id: int) -> Answered:
    """Delete a job that has ended, with its reports; photos, faces and decisions stay."""
    with database().write() as rows:
        delete_job(rows, job_id, by=caller().account.name)
    return "", 204


def _answer(rows: Session, job: Job) -> JobAnswer:
    return JobAnswer.of(job, read_final_sums(rows, [job])[job.id])


def _check_scope(kind_name: str, options: dict[str, Any]) -> None:
    kind: JobKind[Any] = get_kind(kind_name)
    if kind.needs_admin(kind.options.from_json(options)):
        require_admin(f"{kind.title} with these options needs it")


def _created(answer: JobAnswer) -> Answered:
    return answer, 202, {"Location": url_for("api_v1.read_job", job_id=answer.id)}


def _start_once(asked: JobRequest) -> JobAnswer:
    """Start the job, or answer with the one that a request with the same key has started."""
    _check_scope(asked.kind, asked.options)
    key, token_id = request.headers.get(_KEY), caller().token_id
    # A call inside this process cannot lose its answer on the way.
    if key is None or token_id is None:
        with database().write() as rows:
            answer = _answer(rows, start_job(rows, asked, settings()))
        wake(settings())
        return answer
    try:
        return _start_with_key(asked, token_id, key)
    except _KeyTaken:
        return _start_with_key(asked, token_id, key)


def _start_with_key(asked: JobRequest, token_id: int, key: str) -> JobAnswer:
    digest = hashlib.sha256(b"\0".join((request.path.encode(), request.get_data()))).hexdigest()
    with database().write() as rows:
        earlier = find_repeated(rows, token_id, key, digest)
        if earlier is not None:
            return _answer(rows, get_job(rows, earlier))
        job = start_job(rows, asked, settings())
        if not keep_key(rows, token_id, key, digest, job):
            raise _KeyTaken
        answer = _answer(rows, job)
    wake(settings())
    return answer
