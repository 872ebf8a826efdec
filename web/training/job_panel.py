"""Panels of the page of a training job."""

from sqlalchemy.orm import Session

from core.database import read_clock
from core.evaluation.queries import list_evaluations
from core.training.job_kind import TRAIN
from core.training.options import PromoteBy, Start
from core.training.progress import fit_progress
from core.training.queries import count_validation_faces, is_fitting, is_stop_requested, read_epochs
from models import ClassifierVersion, Dataset, Job, JobState
from web.jobs.panels import JobPanels, declare_panels
from web.training.curves import draw_charts

_OPEN = (JobState.WAITING, JobState.RUNNING)


def _about(job: Job) -> list[tuple[str, str]]:
    """Label and value of each option."""
    options = TRAIN.options_of(job)
    stages = f"head, at most {options.head_epochs} epochs"
    if options.fine_tune_epochs:
        stages += f"; upper blocks, at most {options.fine_tune_epochs}"
    facts = [
        ("Dataset", str(job.dataset_id) if job.dataset_id else "The current decisions, frozen at the start"),
        ("Starts from", "The champion" if options.start is Start.CHAMPION else "ImageNet"),
        ("Stages", stages),
        ("Promoted by", "A person" if options.promote_by is PromoteBy.PERSON else "The gate"),
        ("Seed", str(options.seed)),
    ]
    if options.tensorboard:
        facts.append(("TensorBoard", f"tensorboard --logdir tensorboard/job-{job.id}, in the data folder"))
    return facts


def _details(session: Session, job: Job) -> dict[str, object]:
    """Curves, progress, whether the fit can be stopped, and the resulting version."""
    options, epochs = TRAIN.options_of(job), read_epochs(session, job.id)
    fitting = job.state in _OPEN and is_fitting(session, job.id)
    validation_faces = count_validation_faces(session, job.id)
    version = session.get(ClassifierVersion, job.classifier_version_id) if job.classifier_version_id else None
    return {
        "epochs": epochs,
        "charts": draw_charts(epochs, validation_faces),
        "validation_faces": validation_faces,
        "fitting": fitting,
        "stopping": fitting and is_stop_requested(session, job.id),
        "progress": fit_progress(job, options, epochs, read_clock(session)) if fitting else None,
        "best": min(epochs, key=lambda epoch: epoch.validation_loss, default=None),
        "version": version,
        "measured": list_evaluations(session, version.id) if version else [],
        "dataset": session.get(Dataset, job.dataset_id) if job.dataset_id else None,
    }


declare_panels(
    TRAIN,
    JobPanels(
        icon="curve",
        goes="Its curves, checkpoints and log are deleted.",
        stays="The dataset and the version that it created stay, with the version's files and evaluations.",
        about=_about,
        panels=("training/_curves.html",),
        side_panels=("training/_version.html",),
        details=_details,
    ),
)
