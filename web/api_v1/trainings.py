"""What trainings and imports have besides other jobs: curves, an early end, and labels that were assumed."""

from sqlalchemy.orm import Session

from core.datasets.importing.assumed import take_back_assumed
from core.datasets.importing.queries import list_assumed
from core.detectors.job_kind import TRAIN_DETECTOR, select_detector_fit
from core.detectors.queries import is_detector_stop_requested
from core.detectors.store import request_detector_stop
from core.errors import InputError
from core.jobs.queries import get_job
from core.labels.decisions import read_labels
from core.training.job_kind import TRAIN
from core.training.queries import count_validation_faces, is_fitting, is_stop_requested, read_epochs
from core.training.store import request_stop
from models import Job, JobState, Scope
from web.api_v1.document import api_v1, operation
from web.api_v1.paging import cursor_of, page_of, read_cursor
from web.api_v1.schemas.base import ListQuery
from web.api_v1.schemas.trainings import AssumedLabel, AssumedList, Epoch, TakenBack, Training
from web.api_v1.starting import require_scope_of
from web.extension import database

_OPEN = (JobState.WAITING, JobState.RUNNING)


@api_v1.get("/jobs/<int:job_id>/training")
@operation(Scope.READ, answer=Training, tag="versions", errors=(410,))
def read_training(job_id: int) -> Training:
    """The epochs of a training so far; that of a detector has none, its log has the measurements."""
    with database().read() as rows:
        return _answer(rows, job_id)


@api_v1.post("/jobs/<int:job_id>/stop")
@operation(Scope.SUBMIT, answer=Training, tag="versions", errors=(409, 410))
def stop_training(job_id: int) -> Training:
    """End the fit of a training after its current batch; what it has learned so far is evaluated."""
    with database().write() as rows:
        job = get_job(rows, job_id)
        require_scope_of(job.kind, job.options)
        if job.kind == TRAIN_DETECTOR.name:
            request_detector_stop(rows, job_id)
        else:
            request_stop(rows, job_id)
        rows.flush()
        return _answer(rows, job_id)


@api_v1.get("/jobs/<int:job_id>/assumed")
@operation(Scope.READ, answer=AssumedList, tag="datasets", errors=(410,))
def list_assumed_labels(job_id: int, query: ListQuery) -> AssumedList:
    """Detections that an import took for no face, because the set has no box there."""
    with database().read() as rows:
        get_job(rows, job_id)
        after = read_cursor(query.after) or 0
        found = list_assumed(rows, job_id, after_id=after, limit=query.limit + 1)
        now = read_labels(rows, [each.face_id for each in found])
    shown, following = page_of(found, query.limit, lambda decision: cursor_of(decision.id))
    return AssumedList(
        assumed=[AssumedLabel.of(each, now.get(each.face_id)) for each in shown], next=following
    )


@api_v1.post("/jobs/<int:job_id>/assumed/undo")
@operation(Scope.SUBMIT, answer=TakenBack, tag="datasets", errors=(410,))
def take_assumed_back(job_id: int) -> TakenBack:
    """Take back every “not a face” that an import gave to detections without a box."""
    with database().write() as rows:
        return TakenBack(labels=take_back_assumed(rows, get_job(rows, job_id).id))


def _answer(rows: Session, job_id: int) -> Training:
    job = get_job(rows, job_id)
    if job.kind == TRAIN_DETECTOR.name:
        return _answer_detector(rows, job)
    if job.kind != TRAIN.name:
        raise InputError("training_not_found", f"Job {job_id} is no training.")
    fitting = job.state in _OPEN and is_fitting(rows, job_id)
    return Training(
        epochs=[Epoch.of(epoch) for epoch in read_epochs(rows, job_id)],
        validation_faces=count_validation_faces(rows, job_id),
        fitting=fitting,
        stopping=fitting and is_stop_requested(rows, job_id),
    )


def _answer_detector(rows: Session, job: Job) -> Training:
    fitting = job.state in _OPEN and rows.scalars(select_detector_fit(job.id)).first() is not None
    return Training(
        epochs=[],
        validation_faces=None,
        fitting=fitting,
        stopping=fitting and is_detector_stop_requested(rows, job.id),
    )
