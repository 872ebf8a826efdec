"""Read the labels of the photos of an import batch, and count what an import wrote."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.datasets.importing.summary import Counted, ImportSummary, LeftOut, explain_no_labels
from core.datasets.importing.truth import DroppedObject, Truth, read_left_out
from core.datasets.importing.words import WordCount
from core.errors import InputError
from core.jobs.claim import Claim
from core.jobs.store import in_range
from core.labels.annotation import ObjectProblem
from models import Decision, ImportCount, Job, JobPhoto, JobPhotoState, Label


def read_truths(session: Session, claim: Claim) -> dict[int, Truth | None]:
    """The labels of the photos of a batch, by position; None for a photo without."""
    rows = session.execute(select(JobPhoto.position, JobPhoto.truth).where(*in_range(claim)))
    return {position: Truth.from_json(truth) if truth else None for position, truth in rows}


def require_labels(session: Session, claim: Claim) -> None:
    """Raise InputError no_labels where no photo of the set has a label; its message says why."""
    found, failed = session.execute(
        select(Job.photos_found, Job.photos_failed).where(Job.id == claim.job_id)
    ).one()
    labelled = select(JobPhoto.id).where(JobPhoto.job_id == claim.job_id, JobPhoto.truth.is_not(None))
    if found == failed and session.scalars(labelled.limit(1)).one_or_none() is None:
        failed_photos = count_failed_photos(session, claim.job_id)
        unknown = read_summary(session, claim.job_id).unknown_words
        raise InputError("no_labels", explain_no_labels(failed_photos, unknown))


def count_decisions(session: Session, job_id: int) -> dict[Label | None, int]:
    """Decisions that a job wrote, by label."""
    query = select(Decision.label, func.count()).where(Decision.job_id == job_id).group_by(Decision.label)
    return dict(session.execute(query).all())


def count_failed_photos(session: Session, job_id: int) -> dict[str | None, int]:
    """Photos that a job could not read or label, by error code."""
    query = (
        select(JobPhoto.error_code, func.count())
        .where(JobPhoto.job_id == job_id, JobPhoto.state == JobPhotoState.FAILED)
        .group_by(JobPhoto.error_code)
    )
    return dict(session.execute(query).all())


def read_summary(session: Session, job_id: int) -> ImportSummary:
    """What an import left out, assumed and found so far."""
    rows = session.scalars(select(ImportCount).where(ImportCount.job_id == job_id)).all()
    problems, counted = list(ObjectProblem), list(Counted)
    left_out = [
        LeftOut(problem=ObjectProblem(row.what), word=row.word, objects=row.amount)
        for row in rows
        if row.what in problems
    ]
    return ImportSummary(
        left_out=tuple(sorted(left_out, key=lambda each: (-each.objects, each.problem, each.word))),
        counts={Counted(row.what): row.amount for row in rows if row.what in counted},
        words=_words(rows),
    )


def _words(rows: Sequence[ImportCount]) -> tuple[WordCount, ...]:
    found = (WordCount.find(row.what, row.word, row.amount) for row in rows)
    words = [each for each in found if each is not None]
    return tuple(sorted(words, key=lambda each: (each.meaning is not None, -each.count, each.word)))


def read_left_out_objects(session: Session, job_id: int, position: int) -> tuple[DroppedObject, ...]:
    """The annotated objects of one photo that an import left out; boxes are in pixels of the photo."""
    query = select(JobPhoto.truth).where(JobPhoto.job_id == job_id, JobPhoto.position == position)
    return read_left_out(session.scalars(query).one_or_none()) or ()


def list_assumed(session: Session, job_id: int, *, after_id: int = 0, limit: int = 60) -> list[Decision]:
    """Decisions by which an import took detections without a box for no face, by id."""
    query = (
        select(Decision)
        .where(Decision.job_id == job_id, Decision.assumed, Decision.id > after_id)
        .order_by(Decision.id)
        .limit(limit)
    )
    return list(session.scalars(query))
