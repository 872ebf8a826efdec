"""The JSON API: health for monitoring, jobs for programs that are signed in."""

from typing import Any

from flask import Blueprint, jsonify
from flask.typing import ResponseReturnValue

from core.jobs.outcome import outcome_of
from core.jobs.progress import JobProgress, read_progress
from core.jobs.queries import get_job, list_jobs
from core.predict.final_counts import JobSums, read_final_sums
from models import Job
from web.extension import database, settings
from web.formatting import iso
from web.numbers import query_number
from web.system.health import read_service_health

api = Blueprint("api", __name__)

_PAGE = 30


@api.get("/health")
def health() -> ResponseReturnValue:
    """200 while every check holds, else 503; needs no account."""
    found = read_service_health(database(), settings())
    body = jsonify(found.to_json())
    body.headers["Cache-Control"] = "no-store"
    return body, 200 if found.ok else 503


@api.get("/api/jobs")
def jobs() -> ResponseReturnValue:
    """Jobs, newest first; `before` returns the next page."""
    with database().read() as rows:
        found = list_jobs(rows, after_id=query_number("before"), limit=_PAGE)
        sums = read_final_sums(rows, found)
    return jsonify(
        jobs=[_job(job, sums[job.id]) for job in found],
        next_before=found[-1].id if len(found) == _PAGE else None,
    )


@api.get("/api/jobs/<int:job_id>")
def job(job_id: int) -> ResponseReturnValue:
    """One job with its progress."""
    with database().read() as rows:
        found = get_job(rows, job_id)
        sums = read_final_sums(rows, [found])[job_id]
        progress = read_progress(rows, found, settings())
    return jsonify(_job(found, sums) | {"progress": _progress(progress)})


def _job(job: Job, sums: JobSums) -> dict[str, Any]:
    return {
        "id": job.id,
        "kind": job.kind,
        "state": job.state.value,
        "outcome": outcome_of(job).words,
        "title": job.title,
        "options": job.options,
        "created_at": iso(job.created_at),
        "started_at": iso(job.started_at) if job.started_at else None,
        "finished_at": iso(job.finished_at) if job.finished_at else None,
        "error_code": job.error_code,
        "listed": job.listed,
        "photos": {
            "found": job.photos_found,
            "done": job.photos_done,
            "failed": job.photos_failed,
            "without_face": sums.photos_without_face,
        },
        "files_skipped": job.files_skipped or {},
        "faces": {label.value: count for label, count in sums.labels.items()},
        "faces_predicted": {
            "with_mask": job.faces_with_mask,
            "without_mask": job.faces_without_mask,
            "incorrect": job.faces_incorrect,
            "indeterminate": job.faces_indeterminate,
        },
    }


def _progress(progress: JobProgress) -> dict[str, Any]:
    return {
        "fraction": progress.fraction,
        "photos_per_second": progress.photos_per_second,
        "seconds_left": progress.seconds_left,
        "stage": progress.stage,
        "stalled": progress.stalled,
        "workers_active": progress.workers_active,
    }
