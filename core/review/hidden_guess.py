"""When a reviewer may see the classifier's prediction, which would bias a decision if shown before it."""

from sqlalchemy import ColumnElement, and_

from models import FIRST_SLOT, ItemState, ReviewItem, ReviewReason

#: Reasons whose decisions measure people or the classifier, so that a visible prediction would distort them.
_BLIND = frozenset({ReviewReason.AUDIT, ReviewReason.GOLD, ReviewReason.CONFLICT})


def may_show_guess(item: ReviewItem, *, show_guess: bool, reveal_guess: bool = True) -> bool:
    """True if the item's prediction may be shown now.

    Blind first decisions reveal it afterwards, unless the queue forbids it, as that of an audit sample does;
    second, third and gold decisions never do.
    """
    double_review = item.second or item.seat != FIRST_SLOT
    if item.state is ItemState.DECIDED:
        return reveal_guess and not double_review
    return show_guess and item.reason not in _BLIND and not double_review


def guess_is_public() -> ColumnElement[bool]:
    """SQL condition on `ReviewItem`: its prediction may be visible before the decision."""
    return and_(ReviewItem.seat == FIRST_SLOT, ReviewItem.second.is_(False), ReviewItem.reason.not_in(_BLIND))
