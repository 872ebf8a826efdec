"""Pages of review queues: the list, one queue, and the form for a new one."""

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.accounts import list_accounts
from core.errors import InputError
from core.jobs.progress import read_progress
from core.jobs.queries import get_job
from core.review.agreement.queries import count_open_conflicts
from core.review.options import CHOOSABLE, Preset, QueueOptions
from core.review.queues.choices import count_matching, find_job_id, list_jobs_with_photos, name_job
from core.review.queues.queries import find_label_error_summary, get_queue, list_queues, read_label_counts
from core.review.queues.request import request_matching
from core.review.queues.store import close_queue, open_queue
from core.review.queues.words import PRESET_WORDS, REASONS, matching_words, nothing_fits
from models import Job, ReviewQueue
from web.accounts.session import current_account
from web.errors import status_of
from web.extension import database, settings
from web.numbers import query_number
from web.pages import live_page
from web.review.blueprint import review
from web.review.forms import (
    LABEL_WORDS,
    QueueForm,
)
from workers.broker import wake

_PAGE = 30


@review.get("")
def home() -> ResponseReturnValue:
    """All queues, newest first."""
    before = query_number("before")
    with database().read() as rows:
        queues = list_queues(rows, before_id=before, limit=_PAGE + 1)
    older = queues[_PAGE - 1].id if len(queues) > _PAGE else None
    return live_page("review/home.html", queues=queues[:_PAGE], older=older, before=before)


@review.get("/queues/<int:queue_id>")
def queue_page(queue_id: int) -> ResponseReturnValue:
    """One queue: progress, options, and links to review it."""
    with database().read() as rows:
        queue = get_queue(rows, queue_id)
        job = rows.get(Job, queue.job_id) if queue.job_id is not None else None
        context = {
            "job": job,
            "progress": read_progress(rows, job, settings()) if job else None,
            "label_errors": find_label_error_summary(rows, job.id) if job else None,
            "counts": read_label_counts(rows, queue),
            "conflicts": count_open_conflicts(rows, queue),
        }
    options = QueueOptions.from_json(queue.options)
    return live_page(
        "review/queue.html",
        queue=queue,
        options=options,
        reasons=REASONS,
        words=LABEL_WORDS,
        nothing_fits=nothing_fits(options),
        **context,
    )


@review.get("/queues/new")
def new() -> ResponseReturnValue:
    """The form; `job` and `phrase` in the address fill in its filters."""
    job_id = query_number("job")
    with database().read() as rows:
        job = rows.get(Job, job_id) if job_id is not None else None
        form = QueueForm(
            preset=Preset.INFORMATIVE.value,
            job=name_job(job) if job else None,
            phrase=request.args.get("phrase"),
        )
        form.offer_reviewers(list_accounts(rows))
        return _form(rows, form)


@review.get("/queues/new/jobs")
def find_jobs() -> ResponseReturnValue:
    """Jobs whose title contains `words`, for the field that takes one."""
    with database().read() as rows:
        return jsonify(
            jobs=[name_job(job) for job in list_jobs_with_photos(rows, request.args.get("words", ""))]
        )


@review.get("/queues/new/matching")
def matching() -> ResponseReturnValue:
    """How many faces match the fields in the address, as a sentence."""
    form = QueueForm(request.args, meta={"csrf": False})
    with database().read() as rows:
        form.offer_reviewers(list_accounts(rows))
        if not form.validate():
            return jsonify(words="A field is invalid.")
        try:
            options = form.options(find_job_id(rows, form.job.data or ""))
            return jsonify(words=matching_words(count_matching(rows, options), options))
        except InputError as error:
            return jsonify(words=error.message)


@review.post("/queues/new")
def add() -> ResponseReturnValue:
    """Add the queue and the job that fills it."""
    form = QueueForm()
    with database().write() as rows:
        form.offer_reviewers(list_accounts(rows))
        try:
            if not form.validate():
                return _form(rows, form), 400
            options = form.options(find_job_id(rows, form.job.data or ""))
            queue = request_matching(
                rows, options, title=form.title.data or "", account_id=current_account().id
            )
        except InputError as error:
            return _form(rows, form, error), status_of(error)
    return _go(queue)


@review.post("/jobs/<int:job_id>")
def review_job(job_id: int) -> ResponseReturnValue:
    """Add a queue of the most informative faces of a job."""
    try:
        with database().write() as rows:
            job = get_job(rows, job_id)
            queue = request_matching(
                rows,
                QueueOptions(job_id=job_id),
                title=f"Review: {job.title}",
                account_id=current_account().id,
            )
    except InputError as error:
        if error.code != "queue_empty":
            raise
        flash(error.message, "error")
        return redirect(url_for("jobs.job_page", job_id=job_id))
    return _go(queue)


@review.post("/queues/<int:queue_id>/close")
def close(queue_id: int) -> ResponseReturnValue:
    """Close the queue."""
    with database().write() as rows:
        close_queue(rows, get_queue(rows, queue_id))
    flash("Queue closed. All decisions are kept.")
    return redirect(url_for("review.queue_page", queue_id=queue_id))


@review.post("/queues/<int:queue_id>/open")
def open_again(queue_id: int) -> ResponseReturnValue:
    """Reopen a closed queue."""
    with database().write() as rows:
        open_queue(rows, get_queue(rows, queue_id))
    flash("Queue reopened.")
    return redirect(url_for("review.queue_page", queue_id=queue_id))


def _go(queue: ReviewQueue) -> ResponseReturnValue:
    wake(settings())
    return redirect(url_for("review.queue_page", queue_id=queue.id))


def _form(rows: Session, form: QueueForm, failure: InputError | None = None) -> str:
    return render_template(
        "review/new.html",
        form=form,
        failure=failure,
        presets=PRESET_WORDS,
        choosable=CHOOSABLE,
        reasons=REASONS,
        jobs=[name_job(job) for job in list_jobs_with_photos(rows)],
    )
