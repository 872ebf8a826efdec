"""Read whom kept photos stand for."""

from collections import defaultdict
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.database import in_slices
from models import DuplicateGroup, DuplicateMember, Likeness, PhotoEmbedding


def read_followers(session: Session, photo_ids: Collection[int]) -> dict[int, set[int]]:
    """The photos that are near these by their hashes, where these are kept; groups that are settled stay."""
    query = (
        select(DuplicateGroup.kept_photo_id, DuplicateMember.photo_id)
        .join(DuplicateMember, DuplicateMember.group_id == DuplicateGroup.id)
        .where(
            DuplicateGroup.settled.is_(False),
            DuplicateMember.likeness.in_((Likeness.NEAR, Likeness.PIXELS)),
        )
    )
    found: defaultdict[int, set[int]] = defaultdict(set)
    for some in in_slices(photo_ids):
        for kept_id, photo_id in session.execute(query.where(DuplicateGroup.kept_photo_id.in_(some))):
            found[kept_id].add(photo_id)
    return found


def read_vectors(session: Session, network: str, photo_ids: Collection[int]) -> dict[int, NDArray[np.int8]]:
    """Embeddings of a network by photo id, without those of plain sheets."""
    query = select(PhotoEmbedding.photo_id, PhotoEmbedding.vector).where(PhotoEmbedding.network == network)
    return {
        photo_id: np.frombuffer(vector, np.int8)
        for some in in_slices(photo_ids)
        for photo_id, vector in session.execute(query.where(PhotoEmbedding.photo_id.in_(some)))
        if vector is not None
    }
