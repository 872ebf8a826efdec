"""Panel on the page of an evaluate job."""

from sqlalchemy.orm import Session

from core.evaluation.job_kind import EVALUATE
from core.evaluation.queries import find_evaluation
from models import ClassifierVersion, Job
from web.jobs.panels import JobPanels, declare_panels


def _about(job: Job) -> list[tuple[str, str]]:
    return [("Dataset", str(EVALUATE.options_of(job).dataset_id))]


def _details(session: Session, job: Job) -> dict[str, object]:
    options = EVALUATE.options_of(job)
    evaluations = [find_evaluation(session, each, options.dataset_id) for each in options.version_ids]
    versions = {each: session.get(ClassifierVersion, each) for each in options.version_ids}
    return {"evaluations": [each for each in evaluations if each], "versions": versions}


declare_panels(
    EVALUATE,
    JobPanels(
        icon="target",
        goes="Its log is deleted.",
        stays="The evaluations stay with their versions.",
        about=_about,
        panels=("versions/_evaluated.html",),
        details=_details,
    ),
)
