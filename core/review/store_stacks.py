"""Stacks of a queue in the database: faces without hashes out, hashes and stacks in."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from sqlalchemy import Select, select, update
from sqlalchemy.orm import Session

from core.jobs.claim import Claim
from core.jobs.lease import lock_held
from core.library.fingerprints.photo_hashes import FaceLook
from core.library.fingerprints.store import save_looks
from core.review.stacking import stack_faces
from models import FIRST_SEAT, Face, Job, ReviewItem


def faces_to_hash(session: Session, queue_id: int) -> list[int]:
    """Faces of the queue that were never hashed, in the queue's order."""
    query = _of_queue(queue_id, Face.id).where(Face.phash.is_(None) | Face.dhash.is_(None))
    return list(session.scalars(query))


def save_hashes(session: Session, claim: Claim, looks: Mapping[int, FaceLook]) -> None:
    """Write what was seen of faces, by id, under the batch's token."""
    lock_held(session, claim)
    save_looks(session, looks)


def note_seen(session: Session, claim: Claim, *, done: int, found: int) -> None:
    """Tell the job's page how many faces were seen."""
    session.execute(update(Job).where(Job.id == claim.job_id).values(steps_done=done, steps_found=found))


def save_stacks(session: Session, claim: Claim, queue_id: int) -> int:
    """Stack the queue's near-identical faces; how many faces share a stack with another."""
    lock_held(session, claim)
    columns = (ReviewItem.id, Face.id, Face.phash, Face.dhash, ReviewItem.guess)
    query = _of_queue(queue_id, *columns).where(Face.phash.is_not(None), Face.dhash.is_not(None))
    rows = session.execute(query).all()
    hashes = np.array([(row[2], row[3]) for row in rows], np.int64).reshape(-1, 2).view(np.uint64)
    leaders = stack_faces(hashes, [row[4] for row in rows])
    sizes = np.bincount(leaders, minlength=len(rows))
    stacked = [
        {"id": row[0], "stack": rows[leader][1]}
        for row, leader in zip(rows, leaders.tolist(), strict=True)
        if sizes[leader] > 1
    ]
    if stacked:
        session.execute(update(ReviewItem), stacked)
    return len(stacked)


def _of_queue(queue_id: int, *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join(ReviewItem, ReviewItem.face_id == Face.id)
        .where(ReviewItem.queue_id == queue_id, ReviewItem.seat == FIRST_SEAT)
        .order_by(ReviewItem.rank)
    )
