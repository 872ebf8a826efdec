"""A face as a reviewer sees it: where it lies, and what may be told of the classifier's guess."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from core.review.flags import flagged_among
from models import FIRST_SEAT, Face, ItemState, Label, Photo, ReviewItem, ReviewReason

#: Faces on which a guess would induce what is to be measured.
_BLIND = frozenset({ReviewReason.AUDIT, ReviewReason.GOLD, ReviewReason.CONFLICT})


@dataclass(frozen=True, kw_only=True)
class ShownFace:
    """One item for the browser; what would tell a second look or a gold face apart is not in it."""

    item: int
    face: int
    photo: int
    #: Of the upright full-size photo.
    width: int
    height: int
    box: tuple[float, float, float, float]
    flagged: bool
    #: What this person decided, None until then.
    label: Label | None
    #: None where it may not be told.
    guess: Label | None
    score: float | None
    stack: int | None


@dataclass(frozen=True, kw_only=True)
class ToldGuess:
    """What the classifier had guessed of a face that is decided now."""

    item: int
    guess: Label | None
    score: float | None


def tell_guesses(items: Iterable[ReviewItem], *, show_guess: bool) -> list[ToldGuess]:
    """The guesses of those items that are decided; None where they stay hidden."""
    decided = [item for item in items if item.state is ItemState.DECIDED]
    open_ = [may_tell(item, show_guess=show_guess) for item in decided]
    return [
        ToldGuess(item=item.id, guess=item.guess if tell else None, score=item.guess_score if tell else None)
        for item, tell in zip(decided, open_, strict=True)
    ]


def show_faces(session: Session, items: Sequence[ReviewItem], *, show_guess: bool) -> list[ShownFace]:
    """The items with their faces and photos, in the same order."""
    ids = [item.face_id for item in items]
    query = select(Face, Photo.width, Photo.height).join(Photo).where(Face.id.in_(ids))
    faces = {face.id: (face, width, height) for face, width, height in session.execute(query)}
    flagged = flagged_among(session, ids)
    return [
        _show(item, *faces[item.face_id], item.face_id in flagged, show_guess)
        for item in items
        if item.face_id in faces
    ]


def may_tell(item: ReviewItem, *, show_guess: bool) -> bool:
    """Blind faces tell their guess once they are decided, but for second looks and gold faces."""
    second_look = item.second or item.seat != FIRST_SEAT
    if item.state is ItemState.DECIDED:
        return not second_look
    return show_guess and item.reason not in _BLIND and not second_look


def guess_may_show() -> ColumnElement[bool]:
    """The condition on `ReviewItem` under which its guess need not be hidden before the decision."""
    return and_(ReviewItem.seat == FIRST_SEAT, ReviewItem.second.is_(False), ReviewItem.reason.not_in(_BLIND))


def _show(
    item: ReviewItem, face: Face, width: int, height: int, flagged: bool, show_guess: bool
) -> ShownFace:
    tell = may_tell(item, show_guess=show_guess)
    return ShownFace(
        item=item.id,
        face=face.id,
        photo=face.photo_id,
        width=width,
        height=height,
        box=(face.x1, face.y1, face.x2, face.y2),
        flagged=flagged,
        label=item.label if item.state is ItemState.DECIDED else None,
        guess=item.guess if tell else None,
        score=item.guess_score if tell else None,
        stack=item.stack,
    )
