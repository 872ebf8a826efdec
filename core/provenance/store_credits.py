"""Read the credits of photos."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.provenance.attribution import Credit, best_credit
from models import Source

#: Photo ids in one query; SQLite takes 32,766 values at most.
_AT_ONCE = 5_000


def read_credits(session: Session, photo_ids: Sequence[int]) -> dict[int, Credit]:
    """The credit of each photo that has a source."""
    found: defaultdict[int, list[Credit]] = defaultdict(list)
    for start in range(0, len(photo_ids), _AT_ONCE):
        query = (
            select(Source)
            .where(Source.photo_id.in_(photo_ids[start : start + _AT_ONCE]))
            .order_by(Source.photo_id, Source.id)
        )
        for source in session.scalars(query):
            found[source.photo_id].append(Credit.of(source))
    best = {photo_id: best_credit(credits) for photo_id, credits in found.items()}
    return {photo_id: credit for photo_id, credit in best.items() if credit is not None}
