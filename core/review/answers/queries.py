"""Read items as a reviewer sees them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.review.answers.action import Reviewer
from core.review.hidden_guess import may_show_guess
from core.review.options import QueueOptions
from core.review.queries import read_flagged
from models import Choice, Face, ItemState, Label, Photo, ReviewItem, ReviewQueue


@dataclass(frozen=True, kw_only=True)
class ShownFace:
    """One item for the browser, without anything that identifies second decisions and gold faces."""

    item: int
    face: int
    photo: int
    #: Size in pixels of the upright full-size photo.
    width: int
    height: int
    box: tuple[float, float, float, float]
    flagged: bool
    #: The decision of this person; None before it.
    label: Choice | None
    #: The predicted label; None while it is hidden.
    guess: Label | None
    score: float | None
    stack: int | None


@dataclass(frozen=True, kw_only=True)
class RevealedGuess:
    """The prediction for a decided face, shown after the decision."""

    item: int
    guess: Label | None
    score: float | None


def reveal_guesses(items: Iterable[ReviewItem], options: QueueOptions) -> list[RevealedGuess]:
    """The predictions of the decided items; None for those that stay hidden."""
    decided = [item for item in items if item.state is ItemState.DECIDED]
    shown = [_may_show(item, options) for item in decided]
    return [
        RevealedGuess(
            item=item.id, guess=item.guess if show else None, score=item.guess_score if show else None
        )
        for item, show in zip(decided, shown, strict=True)
    ]


def _may_show(item: ReviewItem, options: QueueOptions) -> bool:
    return may_show_guess(item, show_guess=options.show_guess, reveal_guess=options.reveal_guess)


def show_faces(session: Session, items: Sequence[ReviewItem], options: QueueOptions) -> list[ShownFace]:
    """The items with their faces and photos, in the order given."""
    ids = [item.face_id for item in items]
    query = select(Face, Photo.width, Photo.height).join(Photo).where(Face.id.in_(ids))
    faces = {face.id: (face, width, height) for face, width, height in session.execute(query)}
    flagged = read_flagged(session, ids)
    return [
        _show(item, *faces[item.face_id], item.face_id in flagged, options)
        for item in items
        if item.face_id in faces
    ]


def _show(
    item: ReviewItem, face: Face, width: int, height: int, flagged: bool, options: QueueOptions
) -> ShownFace:
    show = _may_show(item, options)
    return ShownFace(
        item=item.id,
        face=face.id,
        photo=face.photo_id,
        width=width,
        height=height,
        box=(face.x1, face.y1, face.x2, face.y2),
        flagged=flagged,
        label=item.choice,
        guess=item.guess if show else None,
        score=item.guess_score if show else None,
        stack=item.stack,
    )


def read_past(
    session: Session, queue: ReviewQueue, reviewer: Reviewer, *, before_item: int | None, limit: int = 60
) -> list[ShownFace]:
    """The person's decided items of the queue, newest first; `before_item` pages to older ones."""
    query = select(ReviewItem).where(
        ReviewItem.account_id == reviewer.account_id,
        ReviewItem.queue_id == queue.id,
        ReviewItem.state == ItemState.DECIDED,
    )
    if before_item is not None:
        at = select(ReviewItem.decided_at).where(ReviewItem.id == before_item).scalar_subquery()
        query = query.where(ReviewItem.decided_at <= at, ReviewItem.id != before_item)
    order = (ReviewItem.decided_at.desc(), ReviewItem.id.desc())
    items = session.scalars(query.order_by(*order).limit(limit)).all()
    return show_faces(session, items, QueueOptions.from_json(queue.options))
