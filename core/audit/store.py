"""Write audit samples, fenced by the lease of the drawing batch, and the targets of shares."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from core.audit.counts import FaceCounts
from core.audit.draw import DrawnFace, DrawnPhoto, StratumSize
from core.audit.population import DrawPoint
from core.audit.strata import STRATA
from core.database import in_slices, insert_new
from core.errors import InputError
from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.jobs.store import add_event
from core.number_text import number, plural
from core.review.options import QueueOptions
from core.review.queues.store import has_second
from models import (
    FIRST_SLOT,
    AuditFace,
    AuditPhoto,
    AuditSample,
    AuditStratum,
    EventLevel,
    Face,
    ItemState,
    Job,
    Label,
    Photo,
    QueueState,
    ReviewItem,
    ReviewQueue,
    ReviewReason,
    ShareTarget,
)


def save_target(session: Session, job_id: int, label: Label, at_least: float) -> None:
    """Set the target of the job's shares; raises InputError target_invalid."""
    if not 0 < at_least <= 1 or label is Label.NOT_A_FACE:
        raise InputError("target_invalid", "A target is a share above 0% and up to 100%, of people.")
    target = session.get(ShareTarget, job_id)
    if target is None:
        session.add(ShareTarget(job_id=job_id, label=label, at_least=at_least))
    elif (target.label, target.at_least) != (label, at_least):
        # Another target is judged anew.
        target.label, target.at_least = label, at_least
        target.judged = target.judged_from = None


def drop_target(session: Session, job_id: int) -> None:
    """Remove the target of the job's shares, if there is one."""
    session.execute(delete(ShareTarget).where(ShareTarget.job_id == job_id))


def save_draw(
    session: Session,
    claim: Claim,
    sample: AuditSample,
    *,
    job: Job,
    point: DrawPoint,
    counts: FaceCounts,
    sizes: Sequence[StratumSize],
    faces: Sequence[DrawnFace],
    photos: Sequence[DrawnPhoto],
) -> None:
    """Write the drawn faces that are not in the sample yet, their queue items, all chances and the counts.

    In one transaction, so that a sample is drawn whole or not at all. `faces` are in the order of the queue.
    """
    lock_held(session, claim)
    sample.drawn_at = sample.drawn_at or point.at
    sample.decisions_until, sample.faces_until = point.decisions_until, point.faces_until
    sample.counted_at = point.at
    sample.photos_done, sample.photos_removed = job.photos_done, job.photos_removed
    sample.decided = counts.stored_decided
    sample.left_out = {standing.value: faces for standing, faces in counts.left_out.items() if faces}
    _save_strata(session, sample, sizes)
    added = _save_faces(session, sample, sizes, faces)
    _save_photos(session, sample, photos)
    if sample.queue_id is not None:
        _save_items(session, session.get_one(ReviewQueue, sample.queue_id), added)
    drawn = sum(size.drawn for size in sizes)
    of = sum(size.faces for size in sizes)
    words = f"{plural(len(added), 'face')} drawn at random; the sample has {number(drawn)} of {number(of)}."
    add_event(session, claim.job_id, EventLevel.INFO, "audit_drawn", words)


def _save_strata(session: Session, sample: AuditSample, sizes: Sequence[StratumSize]) -> None:
    session.execute(delete(AuditStratum).where(AuditStratum.sample_id == sample.id))
    session.add_all(
        AuditStratum(
            sample_id=sample.id,
            name=STRATA[size.stratum].name,
            predicted=STRATA[size.stratum].predicted,
            sure_from=STRATA[size.stratum].sure_from,
            sure_below=STRATA[size.stratum].sure_below,
            faces=size.faces,
            drawn=size.drawn,
            confidence=size.confidence,
        )
        for size in sizes
    )


def _save_faces(
    session: Session, sample: AuditSample, sizes: Sequence[StratumSize], faces: Sequence[DrawnFace]
) -> list[AuditFace]:
    """Add the new ones, behind the others; correct places and chances of all. Returns the new ones."""
    own = AuditFace.sample_id == sample.id
    known = {(face.position, face.face_id): face for face in session.scalars(select(AuditFace).where(own))}
    last = max((face.rank for face in known.values()), default=-1)
    chances = {size.stratum: size.drawn / size.faces for size in sizes}
    there = _lock_faces(session, [face.face_id for face in faces])
    added: list[AuditFace] = []
    for one in faces:
        row = known.get((one.position, one.face_id))
        if row is not None:
            row.place, row.chance = one.place, chances[one.stratum]
        elif one.face_id in there:
            added.append(_face_row(sample, one, last + 1 + len(added), chances[one.stratum]))
    session.add_all(added)
    session.flush()
    return added


def _face_row(sample: AuditSample, drawn: DrawnFace, rank: int, chance: float) -> AuditFace:
    return AuditFace(
        sample_id=sample.id,
        face_id=drawn.face_id,
        position=drawn.position,
        stratum=STRATA[drawn.stratum].name,
        predicted=STRATA[drawn.stratum].predicted,
        sureness=drawn.sureness,
        place=drawn.place,
        rank=rank,
        chance=chance,
    )


def _lock_faces(session: Session, face_ids: Sequence[int]) -> set[int]:
    """Those faces that are still there; a removal waits for this transaction to delete them."""
    found: set[int] = set()
    for ids in in_slices(set(face_ids)):
        query = select(Face.id).where(Face.id.in_(ids)).order_by(Face.id)
        found.update(session.scalars(query.with_for_update(read=True, key_share=True)))
    return found


def _save_photos(session: Session, sample: AuditSample, photos: Sequence[DrawnPhoto]) -> None:
    ids = [photo.photo_id for photo in photos]
    there = set[int]()
    for some in in_slices(ids):
        there.update(session.scalars(select(Photo.id).where(Photo.id.in_(some))))
    rows = [
        {
            "sample_id": sample.id,
            "photo_id": photo.photo_id,
            "position": photo.position,
            "place": photo.place,
            "chance": photo.chance,
        }
        for photo in photos
        if photo.photo_id in there
    ]
    insert_new(session, AuditPhoto, rows, ["sample_id", "photo_id"])
    if photos:
        own = AuditPhoto.sample_id == sample.id
        session.execute(update(AuditPhoto).where(own).values(chance=photos[0].chance))


def _save_items(session: Session, queue: ReviewQueue, added: Sequence[AuditFace]) -> None:
    """Add the faces to the queue, and open one that waits for its first faces."""
    options = QueueOptions.from_json(queue.options)
    known = set(session.scalars(select(ReviewItem.face_id).where(ReviewItem.queue_id == queue.id)))
    fresh: dict[int, AuditFace] = {}
    for face in added:
        if face.face_id not in known:
            fresh.setdefault(face.face_id, face)
    rows = [_item_row(queue.id, face, options.second_percent) for face in fresh.values()]
    if rows:
        session.execute(insert(ReviewItem), rows)
    of_queue = update(ReviewQueue).where(ReviewQueue.id == queue.id)
    session.execute(of_queue.values(items=ReviewQueue.items + len(rows)))
    if queue.state is QueueState.FILLING:
        queue.state = QueueState.OPEN


def _item_row(queue_id: int, face: AuditFace, second_percent: int) -> Mapping[str, Any]:
    return {
        "queue_id": queue_id,
        "face_id": face.face_id,
        "seat": FIRST_SLOT,
        "rank": face.rank,
        "reason": ReviewReason.AUDIT,
        "second": has_second(queue_id, face.face_id, second_percent),
        "guess": face.predicted,
        "guess_score": face.sureness,
        "state": ItemState.WAITING,
    }
