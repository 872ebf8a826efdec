"""One request of a reviewer's tab: apply its actions, renew its leases, lease it the next faces."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.predict.final_counts import refresh_faces
from core.review.answers.action import Action, Reviewer
from core.review.answers.answering import Answer, apply_actions, lock_items
from core.review.answers.leases import claim_by_guess, claim_gold, claim_next, renew_leases, return_expired
from core.review.answers.outside_decisions import refresh_items
from core.review.answers.queries import RevealedGuess, ShownFace, reveal_guesses, show_faces
from core.review.answers.store import CounterChanges
from core.review.options import QueueOptions
from models import Label, QueueState, ReviewItem, ReviewQueue

MOST_WANTED = 200
#: Claims per request; if all the items were decided elsewhere, the next request goes on.
_MOST_CLAIMS = 20


@dataclass(frozen=True, kw_only=True)
class TabRequest:
    """The actions of a tab, the items it holds, and how many more it wants."""

    actions: Sequence[Action] = ()
    #: Items that the tab shows or has prefetched.
    holding: Collection[int] = ()
    #: Number of further faces wanted; with `label`, only faces of that predicted label, for the grid.
    want: int = 0
    label: Label | None = None


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """The answer to a request."""

    answers: list[Answer]
    #: Those of `holding` that the tab still has leased.
    held: set[int]
    faces: list[ShownFace]
    #: Predictions of items that were decided just now.
    revealed: list[RevealedGuess]
    #: Undecided items of the queue.
    remaining: int
    #: Faces that the person decided today.
    today: int
    open: bool


def exchange(session: Session, queue: ReviewQueue, reviewer: Reviewer, request: TabRequest) -> Exchange:
    """Apply the actions, renew the leases, lease the next faces; the caller commits."""
    changes, options = CounterChanges(), QueueOptions.from_json(queue.options)
    locked = lock_items(session, queue, reviewer, request.actions)
    answers = apply_actions(session, queue, reviewer, request.actions, locked, changes)
    held = renew_leases(session, queue.id, reviewer, request.holding)
    items = _next_items(session, queue, reviewer, request, options, changes)
    faces = show_faces(session, items, options)
    touched = {item_id for answer in answers for item_id in answer.items}
    revealed = reveal_guesses((locked[i] for i in touched & locked.keys()), options)
    refresh_faces(session, changes.faces)
    # Last, since every request of every reviewer writes the queue's row and holds its lock until the commit.
    today = changes.write_day(session, reviewer)
    queued, decided = changes.write_queue(session, queue.id)
    return Exchange(
        answers=answers,
        held=held,
        faces=faces,
        revealed=revealed,
        remaining=max(0, queued - decided),
        today=today,
        open=queue.state is QueueState.OPEN,
    )


def _next_items(
    session: Session,
    queue: ReviewQueue,
    reviewer: Reviewer,
    request: TabRequest,
    options: QueueOptions,
    changes: CounterChanges,
) -> list[ReviewItem]:
    want = min(request.want, MOST_WANTED)
    if queue.state is not QueueState.OPEN or want <= 0:
        return []
    items = _claim_needed(session, queue, reviewer, want, request.label, changes)
    if not items and return_expired(session, queue.id):
        items = _claim_needed(session, queue, reviewer, want, request.label, changes)
    if request.label is None and items:
        percent = options.gold_percent
        for gold in claim_gold(session, queue.id, reviewer, faces=len(items), percent=percent):
            items.insert(random.randint(0, len(items)), gold)
    return items


def _claim_needed(
    session: Session,
    queue: ReviewQueue,
    reviewer: Reviewer,
    want: int,
    label: Label | None,
    changes: CounterChanges,
) -> list[ReviewItem]:
    """Lease up to `want` items that still need a decision."""
    items: list[ReviewItem] = []
    for _ in range(_MOST_CLAIMS):
        claimed = _claim(session, queue, reviewer, want - len(items), label)
        items += refresh_items(session, claimed, changes)
        if not claimed or len(items) >= want:
            break
    return items


def _claim(
    session: Session, queue: ReviewQueue, reviewer: Reviewer, want: int, label: Label | None
) -> list[ReviewItem]:
    if label is None:
        return claim_next(session, queue.id, reviewer, want)
    return claim_by_guess(session, queue.id, reviewer, label, want)
