"""The rows of a filled queue, written under the token of the batch that fills it."""

import random
from collections import Counter
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.database import insert_new
from core.jobs.claim import Claim
from core.jobs.events import add_event
from core.jobs.lease import lock_held
from core.review.mixing import Chosen
from core.review.options import QueueOptions
from core.review.pool import Pool
from models import FIRST_SEAT, EventLevel, ItemState, QueueState, ReviewItem, ReviewQueue


def begin_items(session: Session, claim: Claim, queue: ReviewQueue) -> None:
    """Forget what a killed attempt wrote: nobody is in the queue yet, and faces may be decided since."""
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
    """Write a slice of the chosen faces."""
    lock_held(session, claim)
    second = QueueOptions.from_json(queue.options).second_percent
    rows = [_row(queue.id, pool, one, first_rank + offset, second) for offset, one in enumerate(chosen)]
    insert_new(session, ReviewItem, rows, ["queue_id", "face_id", "seat"])


def open_filled(session: Session, claim: Claim, queue: ReviewQueue, chosen: Sequence[Chosen]) -> None:
    """All rows are there: count them once and let people in."""
    lock_held(session, claim)
    of_queue = ReviewItem.queue_id == queue.id, ReviewItem.seat == FIRST_SEAT
    queue.items = session.scalars(select(func.count()).select_from(ReviewItem).where(*of_queue)).one()
    if queue.state is QueueState.FILLING:
        queue.state = QueueState.OPEN
    counts = Counter(one.reason for one in chosen)
    words = ", ".join(f"{count} {reason.value.replace('_', ' ')}" for reason, count in counts.most_common())
    add_event(session, claim.job_id, EventLevel.INFO, "queue_filled", f"{queue.items} faces: {words or '-'}.")


def _row(queue_id: int, pool: Pool, chosen: Chosen, rank: int, second_percent: int) -> dict[str, Any]:
    face_id = int(pool.faces[chosen.index])
    guess, score = pool.guess(chosen.index)
    # Drawn from queue and face, so that a second attempt draws the same.
    drawn = random.Random(f"{queue_id}:{face_id}").random() * 100
    return {
        "queue_id": queue_id,
        "face_id": face_id,
        "seat": FIRST_SEAT,
        "rank": rank,
        "reason": chosen.reason,
        "second": drawn < second_percent,
        "guess": guess,
        "guess_score": score,
        "state": ItemState.WAITING,
    }
