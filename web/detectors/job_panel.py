"""Panels of the pages of a detector's training and of its evaluation."""

from sqlalchemy.orm import Session

from core.detectors.job_kind import EVALUATE_DETECTOR, TRAIN_DETECTOR, select_detector_fit
from core.detectors.queries import is_detector_stop_requested
from core.number_text import number, scientific, share
from core.training.options import PromoteBy
from core.versions.detectors.queries import read_evaluation
from models import DetectorVersion, Job, JobState
from web.jobs.panels import JobPanels, declare_panels

_OPEN = (JobState.WAITING, JobState.RUNNING)


def _about(job: Job) -> list[tuple[str, str]]:
    options = TRAIN_DETECTOR.options_of(job)
    return [
        ("Boxed photos", number(options.boxed_photos)),
        ("Steps", number(options.steps)),
        ("Learning rate", scientific(options.rate)),
        ("Share of the trained weights", share(options.share, 1.0)),
        ("Promoted by", "A person" if options.promote_by is PromoteBy.PERSON else "The gate"),
        ("Seed", str(options.seed)),
    ]


def _details(session: Session, job: Job) -> dict[str, object]:
    version = session.get(DetectorVersion, job.detector_version_id) if job.detector_version_id else None
    fit = session.scalars(select_detector_fit(job.id)).one_or_none() if job.state in _OPEN else None
    return {
        "detector": version,
        "evaluation": read_evaluation(version) if version else None,
        "fitting": fit is not None,
        "stopping": fit is not None and is_detector_stop_requested(session, job.id),
    }


declare_panels(
    TRAIN_DETECTOR,
    JobPanels(
        icon="frame-curve",
        goes="Its checkpoints and log are deleted.",
        stays="The detector that it made stays, with its file and evaluation.",
        about=_about,
        panels=("detectors/_trained.html",),
        details=_details,
    ),
)


def _about_evaluation(job: Job) -> list[tuple[str, str]]:
    return [("Detector", str(EVALUATE_DETECTOR.options_of(job).version_id))]


declare_panels(
    EVALUATE_DETECTOR,
    JobPanels(
        icon="frame-check",
        goes="Its log is deleted.",
        stays="The detector keeps its metrics.",
        about=_about_evaluation,
        panels=("detectors/_trained.html",),
        details=_details,
    ),
)
