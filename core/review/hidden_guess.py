"""When a reviewer may see the classifier's guess: a guess shown before the decision would bias it."""

from sqlalchemy import ColumnElement, and_

from models import FIRST_SLOT, ItemState, ReviewItem, ReviewReason

#: Faces on which a guess would induce what is to be measured.
_BLIND = frozenset({ReviewReason.AUDIT, ReviewReason.GOLD, ReviewReason.CONFLICT})


def may_show_guess(item: ReviewItem, *, show_guess: bool) -> bool:
    """Blind faces tell their guess once they are decided, but for second looks and gold faces."""
    second_look = item.second or item.seat != FIRST_SLOT
    if item.state is ItemState.DECIDED:
        return not second_look
    return show_guess and item.reason not in _BLIND and not second_look


def guess_is_public() -> ColumnElement[bool]:
    """The condition on `ReviewItem` under which its guess need not be hidden before the decision."""
    return and_(ReviewItem.seat == FIRST_SLOT, ReviewItem.second.is_(False), ReviewItem.reason.not_in(_BLIND))
