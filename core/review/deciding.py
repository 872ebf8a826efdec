"""Writing decisions of items, and taking them back."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from core.database import read_clock_once
from core.labels.decisions import Origin, add_decisions, undo_decision
from core.review.claim import hold
from core.review.flags import take_flags
from core.review.reviewer import Reviewer
from core.review.seats import settle
from core.review.sums import Sums
from models import Decision, ItemState, Label, ReviewItem, ReviewReason


def decide(
    session: Session,
    reviewer: Reviewer,
    pairs: Sequence[tuple[ReviewItem, Label]],
    sums: Sums,
    *,
    milliseconds: int | None,
    page_key: str | None = None,
) -> None:
    """Decide locked items; a gold face's answer stays in its item, since its label is known."""
    each = milliseconds // len(pairs) if milliseconds is not None and pairs else None
    written = _write_decisions(session, reviewer, pairs, each)
    fresh = sum(item.state is not ItemState.DECIDED for item, _ in pairs)
    now = read_clock_once(session)
    for item, label in pairs:
        if item.state is not ItemState.DECIDED or item.decision_id is None:
            item.decision_id = written.get(item.face_id)
        item.state, item.account_id, item.holder = ItemState.DECIDED, reviewer.account_id, reviewer.holder
        item.lease_until, item.label, item.decided_at, item.milliseconds = None, label, now, each
        item.page_key = page_key
        settle(session, item, sums)
    sums.decide(fresh, milliseconds if fresh else 0)
    settled = [item.face_id for item, _ in pairs if item.reason is ReviewReason.FLAGGED]
    if settled:
        take_flags(session, settled)


def undo(session: Session, reviewer: Reviewer, item: ReviewItem, sums: Sums) -> None:
    """Take a locked item's decision back; the tab holds the item again."""
    first = session.get(Decision, item.decision_id) if item.decision_id is not None else None
    if first is not None:
        undo_decision(session, first)
    item.label = item.decided_at = item.milliseconds = item.decision_id = item.page_key = None
    hold(session, item, reviewer)
    settle(session, item, sums)
    sums.undo()


def queue_name(queue_id: int) -> str:
    """A review queue's name in `Decision.queue`."""
    return f"review {queue_id}"


def _write_decisions(
    session: Session, reviewer: Reviewer, pairs: Sequence[tuple[ReviewItem, Label]], each: int | None
) -> dict[int, int]:
    labels = {item.face_id: label for item, label in pairs if item.reason is not ReviewReason.GOLD}
    if not labels:
        return {}
    queue_id = pairs[0][0].queue_id
    origin = Origin(account_id=reviewer.account_id, queue=queue_name(queue_id))
    return add_decisions(session, labels, origin, milliseconds=each)
