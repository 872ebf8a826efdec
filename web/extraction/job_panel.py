"""What the page of an extract job shows."""

from sqlalchemy.orm import Session

from core.jobs.job_photos import list_failures
from core.predict.extract.job_kind import EXTRACT
from models import Job
from web.jobs.panels import JobPanels, declare_panels


def _about(job: Job) -> list[tuple[str, str]]:
    options = EXTRACT.options_of(job)
    return [
        ("Photos", "all" if options.job_id is None else f"of job {options.job_id}"),
        ("Smallest face", f"{options.smallest_face} pixels"),
        ("Hidden photos", "left out" if options.leave_out_hidden else "searched too"),
    ]


def _details(session: Session, job: Job) -> dict[str, object]:
    return {"failures": list_failures(session, job)}


declare_panels(EXTRACT, JobPanels(about=_about, panels=("jobs/_failures.html",), details=_details))
