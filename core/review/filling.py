"""Choosing the faces of a queue: its orders by reason, mixed by its shares."""

from collections.abc import Callable, Mapping

from core.review import ranking
from core.review.mixing import Chosen, mix
from core.review.options import QueueOptions
from core.review.pool import Pool
from core.review.ranking import Order
from models import Label, ReviewReason

#: Picks diverse faces: of a pool, the candidates among them and how many are wanted.
Diversify = Callable[[Pool, Order, int], Order]

#: Faces that are embedded for each diverse one that is wanted, and at most in all.
_CANDIDATES, _MOST_CANDIDATES = 5, 4_000


def choose_faces(
    pool: Pool,
    options: QueueOptions,
    *,
    seed: int,
    counts: Mapping[Label, int],
    diversify: Diversify,
    errors: Order,
) -> list[Chosen]:
    """The faces of a queue in their order.

    `counts` are decided faces by label, `errors` likely label errors of the pool, the likeliest first.
    """
    orders = {
        reason: errors
        if reason is ReviewReason.LABEL_ERROR
        else _order(reason, pool, options, seed, counts, diversify)
        for reason in options.shares
    }
    return mix(orders, options.shares, options.limit)


def _order(
    reason: ReviewReason,
    pool: Pool,
    options: QueueOptions,
    seed: int,
    counts: Mapping[Label, int],
    diversify: Diversify,
) -> Order:
    match reason:
        case ReviewReason.UNCERTAIN:
            return ranking.uncertain(pool)
        case ReviewReason.DISAGREEMENT:
            return ranking.disagreement(pool)
        case ReviewReason.RARE:
            return ranking.rare(pool, ranking.rarest_label(dict(counts)))
        case ReviewReason.DIVERSE:
            wanted = options.limit * options.shares[reason] // 100 + 1
            candidates = ranking.by_chance(pool, seed)[: min(_CANDIDATES * wanted, _MOST_CANDIDATES)]
            return diversify(pool, candidates, wanted)
        case ReviewReason.AUDIT:
            return ranking.by_chance(pool, seed + 1)
        case ReviewReason.FLAGGED:
            return ranking.flagged(pool)
        case ReviewReason.AGAIN:
            return ranking.again(pool)
        case _:
            return ranking.in_order(pool)
