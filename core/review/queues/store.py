"""Write the items and stacks of queues, fenced by the lease of the filling batch; open and close queues."""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from core.database import insert_new
from core.errors import InputError
from core.jobs.claim import Claim
from core.jobs.kinds import get_kind
from core.jobs.lease import lock_held, note_progress
from core.jobs.store import add_event
from core.library.fingerprints.photo_hashes import FaceStatistics
from core.library.fingerprints.store import save_face_statistics
from core.number_text import plural
from core.review.options import QueueOptions
from core.review.queues.pool import Pool
from core.review.queues.queries import select_queued_faces
from core.review.queues.ranking import Chosen
from core.review.queues.stacking import stack_faces
from models import FIRST_SLOT, EventLevel, Face, ItemState, Job, JobState, QueueState, ReviewItem, ReviewQueue


def close_queue(session: Session, queue: ReviewQueue) -> None:
    """Close a queue: its leases end, its decisions stay."""
    queue.state = QueueState.CLOSED
    session.execute(
        update(ReviewItem)
        .where(ReviewItem.queue_id == queue.id, ReviewItem.state == ItemState.LEASED)
        .values(state=ItemState.WAITING, account_id=None, holder=None, lease_until=None)
    )


def open_queue(session: Session, queue: ReviewQueue) -> None:
    """Reopen a closed queue; raises InputError queue_state for any other."""
    if queue.state is not QueueState.CLOSED:
        raise InputError(
            "queue_state", f"Only a closed queue can be opened; this one is {queue.state.value}."
        )
    job = session.get(Job, queue.job_id) if queue.job_id is not None else None
    filling = job is not None and job.state is not JobState.DONE and _fills(job)
    queue.state = QueueState.FILLING if filling else QueueState.OPEN


def _fills(job: Job) -> bool:
    """Whether the job is in its first stage, which fills the queue."""
    return job.stage == get_kind(job.kind).stages[0].name


def begin_items(session: Session, claim: Claim, queue: ReviewQueue) -> None:
    """Delete the items of a failed attempt; nobody reviews a queue that is being filled."""
    lock_held(session, claim)
    session.execute(delete(ReviewItem).where(ReviewItem.queue_id == queue.id))


def add_items(
    session: Session,
    claim: Claim,
    queue: ReviewQueue,
    pool: Pool,
    chosen: Sequence[Chosen],
    *,
    first_rank: int,
) -> None:
    """Add items for a slice of the chosen faces; `first_rank` is the rank of its first one."""
    lock_held(session, claim)
    second = QueueOptions.from_json(queue.options).second_percent
    rows = [_row(queue.id, pool, one, first_rank + offset, second) for offset, one in enumerate(chosen)]
    insert_new(session, ReviewItem, rows, ["queue_id", "face_id", "seat"])


def open_filled(session: Session, claim: Claim, queue: ReviewQueue, chosen: Sequence[Chosen]) -> None:
    """Open a queue whose items are complete, and log how many faces each reason gave."""
    lock_held(session, claim)
    of_queue = ReviewItem.queue_id == queue.id, ReviewItem.seat == FIRST_SLOT
    queue.items = session.scalars(select(func.count()).select_from(ReviewItem).where(*of_queue)).one()
    if queue.state is QueueState.FILLING:
        queue.state = QueueState.OPEN
    counts = Counter(one.reason for one in chosen)
    reasons = ", ".join(f"{count} {reason.value.replace('_', ' ')}" for reason, count in counts.most_common())
    add_event(
        session,
        claim.job_id,
        EventLevel.INFO,
        "queue_filled",
        f"{plural(queue.items, 'face')}: {reasons or '-'}.",
    )


def _row(queue_id: int, pool: Pool, chosen: Chosen, rank: int, second_percent: int) -> dict[str, Any]:
    face_id = int(pool.faces[chosen.index])
    guess, score = pool.prediction(chosen.index)
    return {
        "queue_id": queue_id,
        "face_id": face_id,
        "seat": FIRST_SLOT,
        "rank": rank,
        "reason": chosen.reason,
        "second": has_second(queue_id, face_id, second_percent),
        "guess": guess,
        "guess_score": score,
        "state": ItemState.WAITING,
    }


def has_second(queue_id: int, face_id: int, second_percent: int) -> bool:
    """Whether a second person decides the face: seeded, so that another attempt draws the same."""
    return random.Random(f"{queue_id}:{face_id}").random() * 100 < second_percent


def save_hashes(session: Session, claim: Claim, statistics: Mapping[int, FaceStatistics]) -> None:
    """Write hashes and statistics of faces, by face id."""
    note_progress(lock_held(session, claim))
    save_face_statistics(session, statistics)


def save_progress(session: Session, claim: Claim, *, done: int, found: int) -> None:
    """Write how many faces are done, of how many, for the page of the job."""
    session.execute(update(Job).where(Job.id == claim.job_id).values(steps_done=done, steps_found=found))


def save_stacks(session: Session, claim: Claim, queue_id: int) -> int:
    """Stack the queue's near-identical faces; returns the number of faces in stacks."""
    lock_held(session, claim)
    columns = (ReviewItem.id, Face.id, Face.phash, Face.dhash, ReviewItem.guess)
    query = select_queued_faces(queue_id, *columns).where(Face.phash.is_not(None), Face.dhash.is_not(None))
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
