"""What the form of a new queue offers: jobs by title, and how many faces a queue would find."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, Subquery, and_, exists, func, or_, select, true
from sqlalchemy.orm import Session

from core.errors import InputError
from core.labels.decisions import is_replaced
from core.review.options import CHOOSABLE, QueueOptions
from core.review.queues.queries import count_decided, read_filters, select_waiting
from core.review.queues.ranking import MIN_RARE_PROBABILITY, rarest_label
from models import (
    Decision,
    Face,
    FaceFlag,
    Job,
    Label,
    Prediction,
    ReviewReason,
)

#: A job as `name_job` writes it, or its number alone.
_NUMBER = re.compile(r"(?:.*\(job |\s*#?)(\d{1,18})\)?\s*", re.DOTALL)


def name_job(job: Job) -> str:
    """The job as the form's field holds it: its title and its number."""
    return f"{job.title} (job {job.id})"


def list_jobs_with_photos(session: Session, words: str = "", *, limit: int = 20) -> list[Job]:
    """Jobs with photos whose title contains the words, or whose number it is; newest first."""
    query = (
        select(Job).where(Job.photos_found > 0, Job.deleted_at.is_(None)).order_by(Job.id.desc()).limit(limit)
    )
    if words := words.strip():
        found = Job.title.icontains(words, autoescape=True)
        if number := _NUMBER.fullmatch(words):
            found |= Job.id == int(number[1])
        query = query.where(found)
    return list(session.scalars(query))


def find_job_id(session: Session, words: str) -> int | None:
    """The job that the field names: as offered, by its number, or by its title; None if it is empty.

    Raises InputError job_not_found if no job has this title, or several have it.
    """
    words = words.strip()
    if not words:
        return None
    if number := _NUMBER.fullmatch(words):
        return int(number[1])
    has_title = func.lower(Job.title) == words.lower()
    titled = session.scalars(select(Job.id).where(has_title, Job.deleted_at.is_(None)).limit(2)).all()
    if len(titled) == 1:
        return titled[0]
    many = "Several jobs are" if titled else "No job is"
    raise InputError("job_not_found", f"{many} called “{words[:80]}”. Choose a job from the list.")


#: Faces are counted up to this number, and searched for among at most so many faces that pass the filters.
MOST_COUNTED, _MOST_SEARCHED = 10_000, 100_000


@dataclass(frozen=True, kw_only=True)
class MatchingFaces:
    """How many faces a queue with these options would choose from."""

    faces: int
    #: True if there are more than were counted.
    more: bool


def count_matching(session: Session, options: QueueOptions) -> MatchingFaces:
    """Count the faces by SQL, without ranking them; of likely label errors it counts all decided faces.

    Raises InputError job_not_found.
    """
    searched = _select_searched(session, options).subquery()
    matching = select(searched.c.id).where(_matches(options, searched)).limit(MOST_COUNTED + 1)
    found = session.scalars(select(func.count()).select_from(matching.subquery())).one()
    more = found > MOST_COUNTED or _is_cut(session, searched)
    return MatchingFaces(faces=min(found, MOST_COUNTED), more=more)


def _is_cut(session: Session, searched: Subquery) -> bool:
    """Whether more faces may pass the filters than were searched."""
    if (session.scalars(select(func.max(Face.id))).one() or 0) <= _MOST_SEARCHED:
        return False
    return session.scalars(select(func.count()).select_from(searched)).one() == _MOST_SEARCHED


def _select_searched(session: Session, options: QueueOptions) -> Select[Any]:
    """Ids of faces that pass the filters, with their prediction, up to `_MOST_SEARCHED`."""
    version_id, conditions = read_filters(session, options)
    predicted = and_(Prediction.face_id == Face.id, Prediction.classifier_version_id == version_id)
    counts = count_decided(session) if ReviewReason.RARE in options.shares else {}
    rare = getattr(Prediction, rarest_label(counts).value)
    columns = Prediction.label, Prediction.classifier_version_id, rare.label("rare")
    query = select(Face.id, *columns).outerjoin(Prediction, predicted).where(*conditions)
    if options.label is not None:
        query = query.where(Prediction.label == options.label)
    elif not options.no_faces:
        query = query.where(Prediction.label.is_distinct_from(Label.NOT_A_FACE))
    return query.limit(_MOST_SEARCHED)


#: Kinds that take undecided faces.
_FRESH = frozenset(CHOOSABLE) - {ReviewReason.FLAGGED, ReviewReason.AGAIN, ReviewReason.LABEL_ERROR}


def _matches(options: QueueOptions, searched: Subquery) -> ColumnElement[bool]:
    """Whether a face of `searched` is of a kind that the queue takes."""
    face_id, reasons = searched.c.id, set(options.shares)
    kinds: list[ColumnElement[bool]] = []
    if fresh := [_is_fresh_kind(reason, searched) for reason in reasons & _FRESH]:
        kinds.append(and_(~_is_decided(face_id), or_(*fresh)))
    if ReviewReason.FLAGGED in reasons:
        kinds.append(exists().where(FaceFlag.face_id == face_id, FaceFlag.resolved_at.is_(None)))
    if reasons & {ReviewReason.AGAIN, ReviewReason.LABEL_ERROR}:
        kinds.append(_is_decided(face_id, label=True))
    # A list that is made once: by face, SQLite would search all items of the open queues for each.
    return and_(face_id.not_in(select_waiting()), or_(*kinds))


def _is_fresh_kind(reason: ReviewReason, searched: Subquery) -> ColumnElement[bool]:
    """The condition of a kind on undecided faces, as `ranking` has it."""
    match reason:
        case ReviewReason.UNCERTAIN:
            return searched.c.label.is_not(None)
        case ReviewReason.RARE:
            return searched.c.rare >= MIN_RARE_PROBABILITY
        case ReviewReason.DISAGREEMENT:
            return exists().where(
                Prediction.face_id == searched.c.id,
                Prediction.classifier_version_id != searched.c.classifier_version_id,
                Prediction.label != searched.c.label,
            )
        case _:
            return true()


def _is_decided(face_id: ColumnElement[int], *, label: bool = False) -> ColumnElement[bool]:
    """Whether a decision about the face counts; with `label`, one that gives a label."""
    given = Decision.label.is_not(None)
    counts = given if label else given | Decision.cannot_tell
    return exists().where(Decision.face_id == face_id, counts, ~is_replaced(Decision))
