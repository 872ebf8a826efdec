"""One request of a reviewing tab: it sends actions and gets the next faces."""

import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.review.answers.action import Action, Reviewer
from core.review.answers.answering import Answer, apply_actions, lock_items
from core.review.answers.leases import claim_by_guess, claim_gold, claim_next, renew_leases, return_expired
from core.review.answers.outside_decisions import refresh_items
from core.review.answers.queries import RevealedGuess, ShownFace, reveal_guesses, show_faces
from core.review.answers.store import CounterChanges
from core.review.options import QueueOptions
from models import Label, QueueState, ReviewItem, ReviewQueue

MOST_WANTED = 200
#: Where that many in a row were decided elsewhere, the rest is looked through by the next request.
_ROUNDS = 20


@dataclass(frozen=True, kw_only=True)
class TabRequest:
    """What the tab has and wants."""

    actions: Sequence[Action] = ()
    #: Items that the tab shows or keeps ready.
    holding: Collection[int] = ()
    #: Faces wanted beside those, and of which predicted label alone, for a page of the grid.
    want: int = 0
    label: Label | None = None


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """The answer."""

    answers: list[Answer]
    #: Those of `holding` that the tab still has.
    held: set[int]
    faces: list[ShownFace]
    #: Items of decided faces whose guess may now be told.
    told: list[RevealedGuess]
    #: Faces that wait for anybody, and those that the person decided today.
    remaining: int
    today: int
    open: bool


def exchange(session: Session, queue: ReviewQueue, reviewer: Reviewer, wish: TabRequest) -> Exchange:
    """Take the actions, renew the leases, lease the next faces; the caller commits."""
    sums, options = CounterChanges(), QueueOptions.from_json(queue.options)
    locked = lock_items(session, queue, reviewer, wish.actions)
    answers = apply_actions(session, queue, reviewer, wish.actions, locked, sums)
    held = renew_leases(session, queue.id, reviewer, wish.holding)
    items = _next_items(session, queue, reviewer, wish, options, sums)
    faces = show_faces(session, items, show_guess=options.show_guess)
    touched = {item_id for answer in answers for item_id in answer.items}
    told = reveal_guesses((locked[i] for i in touched & locked.keys()), show_guess=options.show_guess)
    # Last of all: everybody's requests write the queue's row, and have to wait for who has written it.
    today = sums.write_day(session, reviewer)
    queued, decided = sums.write_queue(session, queue.id)
    return Exchange(
        answers=answers,
        held=held,
        faces=faces,
        told=told,
        remaining=max(0, queued - decided),
        today=today,
        open=queue.state is QueueState.OPEN,
    )


def _next_items(
    session: Session,
    queue: ReviewQueue,
    reviewer: Reviewer,
    wish: TabRequest,
    options: QueueOptions,
    sums: CounterChanges,
) -> list[ReviewItem]:
    want = min(wish.want, MOST_WANTED)
    if queue.state is not QueueState.OPEN or want <= 0:
        return []
    items = _claim_needed(session, queue, reviewer, want, wish.label, sums)
    if not items and return_expired(session, queue.id):
        items = _claim_needed(session, queue, reviewer, want, wish.label, sums)
    if wish.label is None and items:
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
    sums: CounterChanges,
) -> list[ReviewItem]:
    """Lease items until as many as are wanted still need a person."""
    items: list[ReviewItem] = []
    for _ in range(_ROUNDS):
        claimed = _claim(session, queue, reviewer, want - len(items), label)
        items += refresh_items(session, claimed, sums)
        if not claimed or len(items) >= want:
            break
    return items


def _claim(
    session: Session, queue: ReviewQueue, reviewer: Reviewer, want: int, label: Label | None
) -> list[ReviewItem]:
    if label is None:
        return claim_next(session, queue.id, reviewer, want)
    return claim_by_guess(session, queue.id, reviewer, label, want)
