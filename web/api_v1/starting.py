"""Create a job or anything else once: with an `Idempotency-Key` a request can be sent again.

Both answers name the same thing.
"""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from flask import current_app, request, url_for
from sqlalchemy.orm import Session

from core.api_tokens import find_repeated, keep_key
from core.jobs.kinds import JobKind, get_kind
from core.jobs.queries import get_job
from core.predict.final_counts import predicted_sums, read_final_sums
from models import Job
from web.activity.recording import leave_out
from web.api_v1.access import caller, require_admin
from web.api_v1.document import Answered
from web.api_v1.schemas.jobs import JobAnswer
from web.extension import database, settings
from workers.broker import wake

_KEY = "Idempotency-Key"

AnswerT = TypeVar("AnswerT")
MadeT = TypeVar("MadeT")
#: Requests the job; the caller commits.
Start = Callable[[Session], Job]


class _KeyTaken(Exception):
    """Another request with the same key was faster: what this one made is undone."""


def answer_job(rows: Session, job: Job) -> JobAnswer:
    """The job as it is answered."""
    return JobAnswer.of(job, read_final_sums(rows, [job])[job.id])


def answer_new_job(_rows: Session, job: Job) -> JobAnswer:
    """A job that has just been requested: people have decided nothing about it."""
    return JobAnswer.of(job, predicted_sums(job))


def require_scope_of(kind_name: str, options: dict[str, Any]) -> None:
    """Raise InputError scope_missing for a job that needs the scope admin, from a token without it."""
    kind: JobKind[Any] = get_kind(kind_name)
    if kind.needs_admin(kind.options.from_json(options)):
        require_admin(f"{kind.title} with these options needs it")


def created_job(start: Start) -> Answered:
    """Start the job of the request and answer it: 202 with its address."""
    answer = start_once(start, answer_new_job, repeated=answer_job)
    return answer, 202, {"Location": url_for("api_v1.read_job", job_id=answer.id)}


def start_once(
    start: Start,
    answer: Callable[[Session, Job], AnswerT],
    *,
    repeated: Callable[[Session, Job], AnswerT] | None = None,
) -> AnswerT:
    """Start the job and answer it, or the one that a request with the same key has started.

    `repeated` answers the latter where that differs.
    """
    again = repeated or answer

    def number(job: Job) -> Job:
        return job

    found, is_new = _once(start, answer, lambda rows, made: again(rows, get_job(rows, made)), number)
    if is_new:
        wake(settings())
    return found


def create_once(
    create: Callable[[Session], MadeT],
    answer: Callable[[Session, MadeT], AnswerT],
    repeated: Callable[[Session, int], AnswerT],
    *,
    number: Callable[[MadeT], int],
) -> AnswerT:
    """Create something that is no job and answer it.

    `repeated` answers what an earlier request with the same key created, by the number that `number` gives.
    """
    return _once(create, answer, repeated, number)[0]


def _once(
    create: Callable[[Session], MadeT],
    answer: Callable[[Session, MadeT], AnswerT],
    repeated: Callable[[Session, int], AnswerT],
    number: Callable[[MadeT], Job | int],
) -> tuple[AnswerT, bool]:
    """The answer, and whether anything was created."""
    view: Any = current_app.view_functions[request.endpoint or ""]
    assert view.api_is_repeatable, "declare the operation `repeatable`, so that the document names the key"
    key, token_id = request.headers.get(_KEY), caller().token_id
    # A call inside this process cannot lose its answer on the way.
    if key is None or token_id is None:
        with database().write() as rows:
            made = create(rows)
            rows.flush()
            return answer(rows, made), True
    digest = hashlib.sha256(b"\0".join((request.path.encode(), request.get_data()))).hexdigest()

    def attempt() -> tuple[AnswerT, bool]:
        with database().write() as rows:
            earlier = find_repeated(rows, token_id, key, digest)
            if earlier is not None:
                leave_out()
                return repeated(rows, earlier), False
            made = create(rows)
            rows.flush()
            if not keep_key(rows, token_id, key, digest, number(made)):
                raise _KeyTaken
            return answer(rows, made), True

    try:
        return attempt()
    except _KeyTaken:
        return attempt()
