"""Jobs that train a face detector on boxed photos, and that evaluate one beside the detector in use."""

from pydantic import Field
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.errors import InputError
from core.jobs.kinds import JobKind, JobRequest, Runner, Stage, StageHooks
from core.jobs.options import JobOptions
from core.jobs.request import NothingNew, add_job
from core.settings import Settings
from core.training.folder import DETECTOR_TRAINING, remove_folder
from core.training.job_kind import FitPayload, check_installed
from core.training.options import PromoteBy
from core.versions.detectors.queries import find_detector_champion, get_detector
from models import Batch, BatchState, Job, JobState, Photo

#: Fewer boxed photos than this are not worth a training: some of them are held back.
FEWEST_PHOTOS = 20
_OPEN = (BatchState.WAITING, BatchState.LEASED)


class TrainDetectorOptions(JobOptions):
    """How long a detector is trained, and who promotes it."""

    steps: int = Field(
        1_000, ge=10, le=100_000, description="Batches of eight mosaics that it learns from; 1 to 2 a second."
    )
    rate: float = Field(3e-4, gt=0, le=0.01, description="Highest learning rate.")
    share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of the trained weights in the result; the rest are those of the network at the "
        "start, which knows more of other cameras.",
    )
    seed: int = Field(1, ge=0, le=2**31 - 1)
    promote_by: PromoteBy = PromoteBy.PERSON
    least_new: int = Field(
        0,
        ge=0,
        le=1_000_000,
        title="number of new photos",
        description="A schedule skips a run until this many photos were boxed since the last training.",
    )
    boxed_photos: int = Field(
        0, description="Boxed photos at the request; the next training counts from here."
    )


class EvaluateDetectorOptions(JobOptions):
    """Which detector to evaluate."""

    version_id: int = Field(ge=1, description="The version that is measured beside the detector in use.")


def _purge_files(_session: Session, settings: Settings, job: Job) -> int:
    remove_folder(settings, job.id)
    return 0


PREPARE_DETECTOR_STAGE = Stage(
    name="prepare_detector",
    activity="Preparing photos",
    runner=Runner.TRAINER,
    hooks=StageHooks(on_purge=_purge_files),
)
FIT_DETECTOR_STAGE = Stage(
    name="fit_detector", activity="Training", payload=FitPayload, runner=Runner.TRAINER
)
COMPARE_DETECTOR_STAGE = Stage(name="compare_detector", activity="Evaluating", runner=Runner.TRAINER)
EVALUATE_DETECTOR_STAGE = Stage(name="evaluate_detector", activity="Evaluating")


def select_boxed() -> Select[Photo]:
    """Select the photos whose faces are all boxed."""
    return select(Photo).where(Photo.boxed_at.is_not(None), Photo.erased_at.is_(None))


def count_boxed(session: Session) -> int:
    """The photos whose faces are all boxed."""
    return session.scalars(select(func.count()).select_from(select_boxed().subquery())).one()


def request_detector_training(
    session: Session, options: TrainDetectorOptions, *, title: str = "", account_id: int | None
) -> Job:
    """Write the job; the caller commits, and the trainer picks it up.

    Raises InputError training_not_installed, too_few_boxed.
    """
    check_installed()
    boxed = count_boxed(session)
    if boxed < FEWEST_PHOTOS:
        raise InputError(
            "too_few_boxed",
            f"A detector learns from at least {FEWEST_PHOTOS} photos whose faces are all boxed; there are "
            f"{boxed:,}. Mark photos in the box editor: “all faces boxed”.",
        )
    options = options.with_changes(boxed_photos=boxed)
    title = title.strip() or f"Train the face detector on {boxed:,} boxed photos"
    job = add_job(session, TRAIN_DETECTOR, options, title=title, account_id=account_id)
    # Of a training it is the version that it makes.
    job.detector_version_id = None
    return job


def _start(session: Session, options: TrainDetectorOptions, request: JobRequest, _settings: Settings) -> Job:
    new = count_boxed(session) - _boxed_before(session)
    if new < options.least_new:
        raise NothingNew(
            "too_few_new_boxed", f"{max(new, 0):,} newly boxed photos, {options.least_new:,} are required."
        )
    return request_detector_training(session, options, title=request.title, account_id=request.account_id)


def _boxed_before(session: Session) -> int:
    """Boxed photos when the last training was requested."""
    before = session.scalars(
        select(Job)
        .where(Job.kind == TRAIN_DETECTOR.name, Job.state.not_in((JobState.FAILED, JobState.CANCELLED)))
        .order_by(Job.id.desc())
        .limit(1)
    ).one_or_none()
    return TRAIN_DETECTOR.options_of(before).boxed_photos if before is not None else 0


TRAIN_DETECTOR = JobKind(
    name=DETECTOR_TRAINING,
    title="Training of the detector",
    options=TrainDetectorOptions,
    stages=(PREPARE_DETECTOR_STAGE, FIT_DETECTOR_STAGE, COMPARE_DETECTOR_STAGE),
    start=_start,
    empty_result=lambda job: "" if job.detector_version_id else "no version was made",
    needs_admin=lambda options: options.promote_by is not PromoteBy.PERSON,
).declare()


def request_detector_evaluation(
    session: Session, version_id: int, *, title: str = "", account_id: int | None
) -> Job:
    """Write a job that measures a version beside the detector in use, on the photos held back today.

    Raises InputError detector_not_found, nothing_to_compare.
    """
    version, champion = get_detector(session, version_id), find_detector_champion(session)
    if version is champion:
        raise InputError(
            "nothing_to_compare", f"{version.name} is the detector in use; there is no other one."
        )
    options = EvaluateDetectorOptions(version_id=version_id)
    title = title.strip() or f"{version.name} beside the detector in use"
    job = add_job(session, EVALUATE_DETECTOR, options, title=title, account_id=account_id)
    job.detector_version_id = version_id
    return job


def _start_evaluation(
    session: Session, options: EvaluateDetectorOptions, request: JobRequest, _settings: Settings
) -> Job:
    return request_detector_evaluation(
        session, options.version_id, title=request.title, account_id=request.account_id
    )


EVALUATE_DETECTOR = JobKind(
    name="evaluate_detector",
    title="Evaluation of a detector",
    options=EvaluateDetectorOptions,
    stages=(EVALUATE_DETECTOR_STAGE,),
    start=_start_evaluation,
    empty_result=lambda _job: "",
).declare()


def select_detector_fit(job_id: int) -> Select[Batch]:
    """Select the batch of a fit that waits or runs."""
    return select(Batch).where(
        Batch.job_id == job_id, Batch.kind == FIT_DETECTOR_STAGE.name, Batch.state.in_(_OPEN)
    )
