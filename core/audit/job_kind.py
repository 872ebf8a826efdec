"""The job that draws an audit sample, adds faces to it, and counts the faces that it stands for."""

import secrets

from sqlalchemy.orm import Session

from core.audit.options import MOST_FACES, AuditRequest, DrawOptions
from core.audit.queries import count_drawn, count_drawn_photos, find_sample, has_grown, is_drawing
from core.database import read_clock
from core.errors import InputError
from core.jobs.kinds import JobKind, Stage
from core.jobs.queries import get_job_locked
from core.jobs.request import add_job
from core.jobs.stages import UNFINISHED
from core.review.options import QueueOptions
from core.review.queues.store import close_queue
from models import AuditSample, Job, QueueState, ReviewQueue, ReviewReason

DRAW_STAGE = Stage(name="draw", activity="Drawing faces at random")
_LONGEST_TITLE = 200


def request_audit(
    session: Session, job_id: int, wanted: AuditRequest, *, account_id: int | None
) -> AuditSample:
    """Add faces and photos to the job's sample, or draw a new one; the caller commits, then wakes workers.

    A new one is drawn where the job has none of its version, where it read photos since, and on demand.
    Raises InputError job_not_found, job_deleted, audit_no_faces, audit_job_unfinished, audit_running or
    audit_too_large.
    """
    job = get_job_locked(session, job_id)
    _check_can_be_audited(job)
    sample = find_sample(session, job)
    if sample is not None and is_drawing(session, sample):
        raise InputError("audit_running", "Faces of this job are being drawn. Wait until that is done.")
    if sample is None or wanted.again or has_grown(sample, job):
        _close_queue(session, sample)
        sample = _new_sample(session, job, wanted, account_id)
    else:
        _ask_for_more(session, sample, wanted)
    if wanted.faces:
        _give_queue(session, job, sample, wanted, account_id)
    _draw(session, job, sample, account_id)
    return sample


def request_count(session: Session, sample: AuditSample, *, account_id: int | None) -> None:
    """Count the faces that a sample stands for again, after photos were removed; draws none.

    Raises InputError audit_running.
    """
    job = get_job_locked(session, sample.job_id)
    if is_drawing(session, sample):
        raise InputError("audit_running", "Faces of this job are being drawn. Wait until that is done.")
    sample.faces, sample.photos = count_drawn(session, sample), count_drawn_photos(session, sample)
    _draw(session, job, sample, account_id)


def _check_can_be_audited(job: Job) -> None:
    if job.state in UNFINISHED:
        raise InputError("audit_job_unfinished", "A job can be audited once it has ended.")
    if job.classifier_version_id is None or job.detector_key is None:
        raise InputError("audit_no_faces", "This job has no predicted faces to audit.")


def _new_sample(session: Session, job: Job, wanted: AuditRequest, account_id: int | None) -> AuditSample:
    sample = AuditSample(
        job_id=job.id,
        classifier_version_id=job.classifier_version_id,
        account_id=account_id,
        seed=secrets.randbelow(2**31) if wanted.seed is None else wanted.seed,
        faces=wanted.faces,
        photos=wanted.photos,
        created_at=read_clock(session),
        decisions_until=0,
        faces_until=0,
        photos_done=job.photos_done,
        photos_removed=job.photos_removed,
        decided=[],
        left_out={},
    )
    session.add(sample)
    session.flush()
    return sample


def _close_queue(session: Session, sample: AuditSample | None) -> None:
    """Close the queue of a sample that another one follows: its faces correct nothing any more."""
    queue_id = sample.queue_id if sample is not None else None
    queue = session.get(ReviewQueue, queue_id) if queue_id is not None else None
    if queue is not None:
        close_queue(session, queue)


def _ask_for_more(session: Session, sample: AuditSample, wanted: AuditRequest) -> None:
    sample.faces = count_drawn(session, sample) + wanted.faces
    sample.photos = count_drawn_photos(session, sample) + wanted.photos
    if sample.faces > MOST_FACES:
        raise InputError("audit_too_large", f"A sample has at most {MOST_FACES:,} faces.")


def _give_queue(
    session: Session, job: Job, sample: AuditSample, wanted: AuditRequest, account_id: int | None
) -> None:
    """The queue of the sample, open again where it was closed; a new one is filled by the draw."""
    queue = session.get(ReviewQueue, sample.queue_id) if sample.queue_id is not None else None
    if queue is not None:
        queue.state = QueueState.OPEN if queue.state is QueueState.CLOSED else queue.state
        return
    options = QueueOptions(
        shares={ReviewReason.AUDIT: 100},
        limit=max(1, sample.faces),
        job_id=job.id,
        no_faces=True,
        hidden=True,
        second_percent=wanted.second_percent,
        gold_percent=0,
        reveal_guess=False,
    )
    queue = ReviewQueue(
        title=f"Audit: {job.title}"[:_LONGEST_TITLE],
        state=QueueState.FILLING,
        options=options.to_json(),
        account_id=account_id,
        created_at=read_clock(session),
        items=0,
        items_decided=0,
    )
    session.add(queue)
    session.flush()
    sample.queue_id = queue.id


def _draw(session: Session, job: Job, sample: AuditSample, account_id: int | None) -> None:
    draw = add_job(
        session,
        AUDIT,
        DrawOptions(sample_id=sample.id, job_id=job.id),
        title=f"Audit sample: {job.title}"[:_LONGEST_TITLE],
        account_id=account_id,
    )
    sample.draw_job_id = draw.id
    queue = session.get(ReviewQueue, sample.queue_id) if sample.queue_id is not None else None
    if queue is not None:
        queue.job_id = draw.id


AUDIT = JobKind(
    name="audit",
    title="Audit sample",
    options=DrawOptions,
    stages=(DRAW_STAGE,),
    is_helper=True,
    reads_job=lambda options: options.job_id,
).declare()
