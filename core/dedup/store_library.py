"""Read the hashes of the whole library, and which photos are still to be compared with it."""

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import IDS_PER_QUERY
from core.library.fingerprints.looks import HashedPhotos, tells
from models import Photo

#: Rows held as Python objects at a time.
_ROWS_AT_ONCE = 50_000


def read_library(session: Session) -> tuple[HashedPhotos, NDArray[np.bool_]]:
    """Every photo that has hashes, and which of them are to be compared; 32 bytes each."""
    query = select(Photo.id, Photo.phash, Photo.dhash, Photo.compared_at.is_(None))
    rows = session.execute(
        query.where(Photo.phash.is_not(None)).order_by(Photo.id).execution_options(yield_per=_ROWS_AT_ONCE)
    )
    parts = [np.array([tuple(row) for row in some], np.int64) for some in rows.partitions()]
    table = np.ascontiguousarray(np.concatenate([np.empty((0, 4), np.int64), *parts]).T)
    photos = HashedPhotos(ids=table[0], phash=table[1].view(np.uint64), dhash=table[2].view(np.uint64))
    return photos, table[3].astype(np.bool_)


def pixel_twins(session: Session, new: HashedPhotos) -> list[NDArray[np.int64]]:
    """Of new photos without detail, which hashes cannot tell apart: those of the very same pixels."""
    ids = new.ids[~tells(new.phash)].tolist()
    twins = []
    for start in range(0, len(ids), IDS_PER_QUERY):
        some = select(Photo.pixel_hash).where(Photo.id.in_(ids[start : start + IDS_PER_QUERY]))
        query = select(Photo.pixel_hash, Photo.id).where(Photo.pixel_hash.in_(some))
        by_pixels: dict[str | None, list[int]] = {}
        for pixel_hash, photo_id in session.execute(query):
            by_pixels.setdefault(pixel_hash, []).append(photo_id)
        twins += [np.array(same, np.int64) for same in by_pixels.values() if len(same) > 1]
    return twins
