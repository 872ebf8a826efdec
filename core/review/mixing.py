"""Mix several orders by their shares into one without repeats."""

from collections.abc import Mapping
from dataclasses import dataclass

from core.review.ranking import Order
from models import ReviewReason


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One face of a queue: its index in the pool, and the order that brought it."""

    index: int
    reason: ReviewReason


def mix(orders: Mapping[ReviewReason, Order], shares: Mapping[ReviewReason, int], limit: int) -> list[Chosen]:
    """Up to `limit` faces; at every length the shares hold as nearly as whole faces allow.

    An order that runs out leaves its share to the others. A face of two orders counts for the first to
    bring it.
    """
    rests = {reason: iter(orders[reason].tolist()) for reason in shares}
    taken, counts = set[int](), dict.fromkeys(shares, 0)
    mixed: list[Chosen] = []
    while rests and len(mixed) < limit:
        # The order that is farthest behind its share comes next.
        reason = min(rests, key=lambda one: (counts[one] + 1) / shares[one])
        index = next((index for index in rests[reason] if index not in taken), None)
        if index is None:
            del rests[reason]
            continue
        taken.add(index)
        counts[reason] += 1
        mixed.append(Chosen(index=index, reason=reason))
    return mixed
