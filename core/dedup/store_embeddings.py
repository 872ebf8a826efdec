"""Keep embeddings with their photos, and read those of the whole library."""

from collections.abc import Collection, Mapping
from dataclasses import asdict

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, delete, exists, func, select, update
from sqlalchemy.orm import Session

from core.database import in_slices, insert_new, read_clock
from core.dedup.similar import EmbeddedPhotos
from core.library.fingerprints.photo_hashes import Embedding
from models import DuplicateMember, Likeness, Photo, PhotoEmbedding

#: Rows held as Python objects at a time.
_ROWS_AT_ONCE = 20_000


def without_embedding(network: str) -> ColumnElement[bool]:
    """That a photo has no embedding of this network."""
    held = exists().where(PhotoEmbedding.photo_id == Photo.id, PhotoEmbedding.network == network)
    return ~held.correlate(Photo)


def count_uncompared(session: Session, network: str) -> int:
    """Photos that were not compared by an embedding of this network."""
    compared = (
        select(func.count())
        .select_from(PhotoEmbedding)
        .where(PhotoEmbedding.network == network, PhotoEmbedding.compared_at.is_not(None))
    )
    everyone = select(func.count()).select_from(Photo)
    return session.scalars(everyone).one() - session.scalars(compared).one()


def save_embeddings(session: Session, network: str, found: Mapping[int, Embedding]) -> None:
    """Write embeddings by photo id, in the place of those that another network made."""
    for some in in_slices(found):
        others = delete(PhotoEmbedding).where(PhotoEmbedding.photo_id.in_(some))
        session.execute(others.where(PhotoEmbedding.network != network))
        still_there = session.scalars(select(Photo.id).where(Photo.id.in_(some)))
        rows = [{"photo_id": each, "network": network, **asdict(found[each])} for each in still_there]
        insert_new(session, PhotoEmbedding, rows, ["photo_id"])


def read_embeddings(session: Session, network: str) -> tuple[EmbeddedPhotos, NDArray[np.bool_]]:
    """Photos with their embeddings, and which of them are to be compared.

    Without those that are in a group by their hashes: their kept photo stands for them.
    """
    by_hashes = exists().where(
        DuplicateMember.photo_id == PhotoEmbedding.photo_id,
        DuplicateMember.likeness.in_((Likeness.NEAR, Likeness.PIXELS)),
    )
    query = (
        select(PhotoEmbedding.photo_id, PhotoEmbedding.vector, PhotoEmbedding.compared_at.is_(None))
        .where(PhotoEmbedding.network == network, PhotoEmbedding.vector.is_not(None), ~by_hashes)
        .order_by(PhotoEmbedding.photo_id)
        .execution_options(yield_per=_ROWS_AT_ONCE)
    )
    ids: list[int] = []
    new: list[bool] = []
    vectors = bytearray()
    for photo_id, vector, is_new in session.execute(query):
        ids.append(photo_id)
        new.append(bool(is_new))
        vectors += vector or b""
    table = np.frombuffer(vectors, np.int8).reshape(len(ids), -1) if ids else np.empty((0, 1), np.int8)
    return EmbeddedPhotos(ids=np.array(ids, np.int64), vectors=table), np.array(new, np.bool_)


def mark_compared(session: Session, photo_ids: Collection[int]) -> None:
    """They were compared with the whole library."""
    _set_compared(session, photo_ids, True)


def compare_anew(session: Session, photo_ids: Collection[int]) -> None:
    """They left a group, in which their kept photo stood for them."""
    _set_compared(session, photo_ids, False)


def _set_compared(session: Session, photo_ids: Collection[int], compared: bool) -> None:
    at = read_clock(session) if compared else None
    for some in in_slices(photo_ids):
        query = update(PhotoEmbedding).where(PhotoEmbedding.photo_id.in_(some))
        session.execute(query.values(compared_at=at).execution_options(synchronize_session=False))
