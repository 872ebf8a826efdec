"""Read the credits of photos."""

from collections import defaultdict
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.library.credits.attribution import Credit, best_credit
from models import Source

#: Photo ids in one query; SQLite takes 32,766 values at most.
_AT_ONCE = 5_000
# Columns and not rows: reports read the credits of a million photos.
_COLUMNS = (
    Source.name,
    Source.page_url,
    Source.licence,
    Source.licence_url,
    Source.title,
    Source.creator,
)


def read_credits(session: Session, photo_ids: Sequence[int]) -> dict[int, Credit]:
    """The credit of each photo that has a source."""
    found: defaultdict[int, list[Credit]] = defaultdict(list)
    for start in range(0, len(photo_ids), _AT_ONCE):
        query = (
            select(Source.photo_id, *_COLUMNS)
            .where(Source.photo_id.in_(photo_ids[start : start + _AT_ONCE]))
            .order_by(Source.photo_id, Source.id)
        )
        for photo_id, place, page_url, licence, licence_url, title, creator in session.execute(query):
            credit = Credit(
                place=place,
                page_url=page_url,
                licence=licence,
                licence_url=licence_url,
                title=title,
                creator=creator,
            )
            found[photo_id].append(credit)
    best = {photo_id: best_credit(credits) for photo_id, credits in found.items()}
    return {photo_id: credit for photo_id, credit in best.items() if credit is not None}
