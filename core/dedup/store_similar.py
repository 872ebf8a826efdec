"""Keep which photos were found similar."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import in_slices, insert_new
from core.dedup.grouping import Similar
from core.dedup.similar import SimilarPair
from models import SimilarPhotos


def save_similar(session: Session, pairs: Collection[SimilarPair]) -> None:
    """Write pairs, of which some may be known."""
    rows = [
        {"first_photo_id": pair.first_id, "second_photo_id": pair.second_id, "cosine": pair.cosine}
        for pair in pairs
    ]
    insert_new(session, SimilarPhotos, rows, ["first_photo_id", "second_photo_id"])


def read_similar(session: Session, photo_ids: Collection[int]) -> Similar:
    """What was found of these photos, both ways round."""
    query = select(SimilarPhotos.first_photo_id, SimilarPhotos.second_photo_id, SimilarPhotos.cosine)
    found: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for some in in_slices(photo_ids):
        for column in (SimilarPhotos.first_photo_id, SimilarPhotos.second_photo_id):
            for first, second, cosine in session.execute(query.where(column.in_(some))):
                found[first][second] = found[second][first] = cosine
    return found
