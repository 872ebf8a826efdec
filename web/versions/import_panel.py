"""Panels on the pages of jobs that import a classifier, or write formats of a version."""

from sqlalchemy.orm import Session

from core.evaluation.queries import list_evaluations
from core.training.formats_job import VERSION_FORMATS
from core.training.importing.job_kind import IMPORT_VERSION
from models import ClassifierVersion, Job
from web.jobs.panels import JobPanels, declare_panels


def _about(job: Job) -> list[tuple[str, str]]:
    options = IMPORT_VERSION.options_of(job)
    facts = [
        ("Name", options.name),
        ("Outputs", ", ".join(label.value for label in options.labels)),
        ("Colour order", options.colours.value.upper()),
        ("Scaling", options.scaling.words),
        ("Size of the crop", f"{options.context:g}"),
    ]
    return [*facts, ("Input size", f"{options.side} pixels")] if options.side else facts


def _details(session: Session, job: Job) -> dict[str, object]:
    version = session.get(ClassifierVersion, job.classifier_version_id) if job.classifier_version_id else None
    return {"version": version, "evaluations": list_evaluations(session, version.id) if version else []}


declare_panels(
    IMPORT_VERSION,
    JobPanels(
        icon="upload",
        goes="The uploaded file and the log are deleted.",
        stays="The version stays, with its files and evaluations.",
        about=_about,
        panels=("versions/_imported.html",),
        details=_details,
    ),
)


def _about_formats(job: Job) -> list[tuple[str, str]]:
    return [("Version", str(VERSION_FORMATS.options_of(job).version_id))]


declare_panels(
    VERSION_FORMATS,
    JobPanels(
        icon="plus",
        goes="Its log is deleted.",
        stays="The files stay with the version.",
        about=_about_formats,
        panels=("versions/_imported.html",),
        details=_details,
    ),
)
