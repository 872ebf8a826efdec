"""Read audit samples, and what they say as the input of `core.estimates`.

What others call:

- `find_sample(session, job)`: the sample that stands for the job's results, or None.
- `find_standing_sample(session, job)`: the same if it is drawn and stands for all photos; for shares.
- `read_audit(session, sample)`: the drawn faces in the order of the queue with what people decided, which of
  them count as audited, and how many wait. Reads the sample alone.
- `stored_evidence(session, sample, audit)`: the input of the estimator, from counts that the draw stored. A
  page may call it: it reads no photo.
- `read_evidence(session, job, group_of=...)`: the same from the faces themselves, by group, slice by slice in
  constant memory; also for a job without a sample, whose audited faces are none.
- `read_pace(session, account_id)`: seconds that a person takes for a face.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit.audited import Audit, DrawnFace
from core.audit.counts import FaceCounts
from core.audit.population import (
    DrawPoint,
    PopulationSlice,
    Standing,
    read_slices,
)
from core.audit.strata import STRATA
from core.errors import InputError
from core.estimates.evidence import DecidedCell, Evidence, PopulationCell
from core.jobs.stages import UNFINISHED
from core.labels.final_label import Decided, DecidedLabel, read_decided
from core.review.answers.outside_decisions import GONE, find_replacement
from models import (
    FIRST_SLOT,
    AuditFace,
    AuditPhoto,
    AuditSample,
    AuditStratum,
    Face,
    ItemState,
    Job,
    JobState,
    Label,
    ReviewDay,
    ReviewItem,
    ShareTarget,
    read_choice,
)

#: Decisions that a person's pace is measured over, at least.
FEWEST_TIMED = 10


def find_sample(session: Session, job: Job) -> AuditSample | None:
    """The newest sample of the job and the version whose predictions its results show."""
    query = select(AuditSample).where(
        AuditSample.job_id == job.id, AuditSample.classifier_version_id == job.classifier_version_id
    )
    return session.scalars(query.order_by(AuditSample.id.desc()).limit(1)).one_or_none()


def find_standing_sample(session: Session, job: Job) -> AuditSample | None:
    """The sample of the job if it is drawn, and no photo was read after its draw."""
    sample = find_sample(session, job)
    return (
        sample if sample is not None and sample.drawn_at is not None and not has_grown(sample, job) else None
    )


def get_sample(session: Session, sample_id: int) -> AuditSample:
    """The sample; raises InputError audit_not_found."""
    sample = session.get(AuditSample, sample_id)
    if sample is None:
        raise InputError("audit_not_found", f"There is no audit sample {sample_id}.")
    return sample


def find_sample_by_id(session: Session, sample_id: int) -> AuditSample | None:
    """The sample; None after the deletion of its job."""
    return session.get(AuditSample, sample_id)


def find_target(session: Session, job_id: int) -> ShareTarget | None:
    """The target of the job's shares."""
    return session.get(ShareTarget, job_id)


def is_drawing(session: Session, sample: AuditSample) -> bool:
    """Whether the job that draws it has not ended."""
    job = session.get(Job, sample.draw_job_id) if sample.draw_job_id is not None else None
    return job is not None and job.state in UNFINISHED


def find_draw_error(session: Session, sample: AuditSample | None) -> str | None:
    """Why the last draw of the sample ended without faces; None where it did not fail."""
    job = session.get(Job, sample.draw_job_id) if sample is not None and sample.draw_job_id else None
    if job is None or job.state not in (JobState.FAILED, JobState.CANCELLED):
        return None
    return job.error_message or "It was cancelled."


def has_grown(sample: AuditSample, job: Job) -> bool:
    """Whether the job read photos after the draw, for which the sample does not stand."""
    return job.photos_done + job.photos_removed > sample.photos_done + sample.photos_removed


def has_shrunk(sample: AuditSample, job: Job) -> bool:
    """Whether photos were removed since the faces were counted."""
    return job.photos_removed > sample.photos_removed


def count_drawn(session: Session, sample: AuditSample) -> int:
    """The faces in the sample."""
    query = select(func.count()).select_from(AuditFace).where(AuditFace.sample_id == sample.id)
    return session.scalars(query).one()


def count_drawn_by_stratum(session: Session, sample: AuditSample) -> dict[int, int]:
    """Faces in the sample by place in STRATA; those of removed photos are gone."""
    query = select(AuditFace.stratum, func.count()).where(AuditFace.sample_id == sample.id)
    places = {stratum.name: place for place, stratum in enumerate(STRATA)}
    return {places[name]: faces for name, faces in session.execute(query.group_by(AuditFace.stratum))}


def count_drawn_photos(session: Session, sample: AuditSample) -> int:
    """The photos in the sample."""
    query = select(func.count()).select_from(AuditPhoto).where(AuditPhoto.sample_id == sample.id)
    return session.scalars(query).one()


def point_of(sample: AuditSample) -> DrawPoint | None:
    """The moment of the first draw; None before it."""
    if sample.drawn_at is None:
        return None
    return DrawPoint(
        decisions_until=sample.decisions_until, faces_until=sample.faces_until, at=sample.drawn_at
    )


def list_strata(session: Session, sample: AuditSample) -> Sequence[AuditStratum]:
    """The strata with their counts, in the order of their names."""
    query = select(AuditStratum).where(AuditStratum.sample_id == sample.id)
    return session.scalars(query.order_by(AuditStratum.name)).all()


def read_audit(session: Session, sample: AuditSample) -> Audit:
    """The drawn faces in the order of the queue; those of removed photos are gone.

    A face counts once its turn has come: it was answered in the queue, or a later face of its stratum was, or
    the queue is empty. Faces that people decide elsewhere first are chosen, not random.
    """
    rows = session.execute(
        select(AuditFace, Face.photo_id, Face.box_state)
        .join(Face, Face.id == AuditFace.face_id)
        .where(AuditFace.sample_id == sample.id)
        .order_by(AuditFace.rank)
    ).all()
    now = _read_now(session, [(face.face_id, state in GONE) for face, _, state in rows])
    answered, is_empty = _read_answered(session, sample)
    reached = Counter[str]()
    for face, _, _ in rows:
        if now[face.face_id][0] in answered:
            reached[face.stratum] = max(reached[face.stratum], face.place + 1)
    return Audit(
        faces=tuple(
            _drawn_face(
                face, photo_id, *now[face.face_id], answered, is_empty or face.place < reached[face.stratum]
            )
            for face, photo_id, _ in rows
        )
    )


def _drawn_face(
    face: AuditFace, photo_id: int, asked: int, decided: Decided | None, answered: set[int], reached: bool
) -> DrawnFace:
    label = decided.label if decided else None
    return DrawnFace(
        face=face,
        photo_id=photo_id,
        decided=label,
        decided_at=decided.at if decided else None,
        account_id=decided.account_id if decided else None,
        blind=asked in answered,
        reached=reached,
        counts=reached and label not in (None, DecidedLabel.CONFLICT),
    )


def _read_now(session: Session, faces: Iterable[tuple[int, bool]]) -> dict[int, tuple[int, Decided | None]]:
    """By face id: the face that the queue asks about now, and what counts.

    `faces` are ids, and whether the box was removed, which makes it no face, or replaced by another one.
    """
    asked = {face_id: (find_replacement(session, face_id) if gone else face_id) for face_id, gone in faces}
    decided = read_decided(session, [face_id for face_id in asked.values() if face_id is not None])
    nothing = Decided(label=DecidedLabel.NOT_A_FACE)
    return {
        face_id: (face_id, nothing) if now is None else (now, decided.get(now))
        for face_id, now in asked.items()
    }


def _read_answered(session: Session, sample: AuditSample) -> tuple[set[int], bool]:
    """Faces that were answered in the sample's queue, and whether no face waits in it."""
    if sample.queue_id is None:
        return set(), True
    of_queue = ReviewItem.queue_id == sample.queue_id, ReviewItem.seat == FIRST_SLOT
    answered = select(ReviewItem.face_id).where(
        *of_queue, ReviewItem.state == ItemState.DECIDED, ReviewItem.holder.is_not(None)
    )
    waiting = select(ReviewItem.id).where(*of_queue, ReviewItem.state != ItemState.DECIDED)
    return set(session.scalars(answered)), session.scalars(waiting.limit(1)).one_or_none() is None


def stored_evidence(
    session: Session, sample: AuditSample, audit: Audit, *, with_drawn: bool = True
) -> Evidence:
    """The input of the estimator, from the counts of the draw; `with_drawn` also faces that people drew."""
    audited = Counter(one.face.stratum for one in audit.audited)
    return Evidence(
        population=tuple(
            PopulationCell(
                stratum=row.name,
                predicted=row.predicted,
                # Never fewer than the audited ones, whatever was removed since the faces were counted.
                faces=max(row.faces, audited[row.name]),
                confidence=row.confidence,
            )
            for row in list_strata(session, sample)
        ),
        audited=audit.evidence(),
        decided=tuple(
            DecidedCell(
                predicted=Label(cell["predicted"]) if cell["predicted"] else None,
                decided=read_choice(cell["decided"]),
                faces=cell["faces"] - (0 if with_drawn else cell.get("drawn", 0)),
            )
            for cell in sample.decided
        ),
    )


#: Names of the groups of some files, by position; files without one are left out. Gets (position, photo id).
GroupOf = Callable[[Session, Sequence[tuple[int, int]]], Mapping[int, str]]


def read_evidence(
    session: Session,
    job: Job,
    *,
    group_of: GroupOf | None = None,
    each: Callable[[PopulationSlice], None] = lambda _slice: None,
) -> Evidence:
    """The input of the estimator from the faces of the job, by group; one pass over its photos.

    `each` is called with every slice, to count what else is needed or to stop. Without a sample the job's
    undecided faces are the population, and no face is audited.
    """
    sample = find_standing_sample(session, job)
    point = point_of(sample) if sample is not None else None
    audit = read_audit(session, sample) if sample is not None and point is not None else Audit()
    drawn = {(one.face.position, one.face.face_id) for one in audit.audited}
    counts, groups = FaceCounts(), dict[tuple[int, int], str]()
    for part in read_slices(session, job, point or DrawPoint.now(session)):
        each(part)
        names = group_of(session, part.photos) if group_of is not None else None
        for face in part.faces:
            group = "" if names is None else names.get(face.position)
            if group is None:
                continue
            counts.add(face, group)
            if (face.position, face.face_id) in drawn and face.standing is Standing.SAMPLED:
                groups[face.position, face.face_id] = group
    return counts.evidence(audit.evidence(groups))


def read_pace(session: Session, account_id: int | None) -> float | None:
    """Seconds that a person takes for a face, over all days; everybody's where the person's is not known.

    None where nobody's is known.
    """
    return _pace(session, account_id) or _pace(session, None)


def _pace(session: Session, account_id: int | None) -> float | None:
    # Undone decisions took time as well.
    totals = select(func.sum(ReviewDay.decided + ReviewDay.undone), func.sum(ReviewDay.milliseconds))
    if account_id is not None:
        totals = totals.where(ReviewDay.account_id == account_id)
    faces, milliseconds = session.execute(totals).one()
    if not milliseconds or faces < FEWEST_TIMED:
        return None
    return float(milliseconds) / 1000 / float(faces)
