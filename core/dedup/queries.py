"""Read rows for the search for duplicates: hashes, embeddings, existing groups, decisions of people."""

from collections import defaultdict
from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from core.database import IDS_PER_QUERY, in_slices
from core.dedup.grouping import Apart, Candidate, Similar, apart_from_pairs
from core.dedup.plan import ExistingGroup, Surroundings
from core.dedup.similar import EmbeddedPhotos
from core.library.fingerprints.photo_hashes import HashedPhotos, has_detail
from models import DuplicateGroup, DuplicateMember, Likeness, NotSame, Photo, PhotoEmbedding, SimilarPhotos

#: Rows in memory as Python objects at a time.
_HASH_ROWS_AT_ONCE = 50_000
_EMBEDDING_ROWS_AT_ONCE = 20_000


def read_library(session: Session) -> tuple[HashedPhotos, NDArray[np.bool_]]:
    """All photos with hashes, and which of them were never compared, bool (n,); 32 bytes a photo."""
    query = select(Photo.id, Photo.phash, Photo.dhash, Photo.compared_at.is_(None))
    rows = session.execute(
        query.where(Photo.phash.is_not(None))
        .order_by(Photo.id)
        .execution_options(yield_per=_HASH_ROWS_AT_ONCE)
    )
    parts = [np.array([tuple(row) for row in some], np.int64) for some in rows.partitions()]
    table = np.ascontiguousarray(np.concatenate([np.empty((0, 4), np.int64), *parts]).T)
    photos = HashedPhotos(ids=table[0], phash=table[1].view(np.uint64), dhash=table[2].view(np.uint64))
    return photos, table[3].astype(np.bool_)


def read_pixel_twins(session: Session, new: HashedPhotos) -> list[NDArray[np.int64]]:
    """Ids of photos with equal pixels, for the new photos without detail: their hashes are useless."""
    ids = new.ids[~has_detail(new.phash)].tolist()
    twins = []
    for start in range(0, len(ids), IDS_PER_QUERY):
        some = select(Photo.pixel_hash).where(Photo.id.in_(ids[start : start + IDS_PER_QUERY]))
        query = select(Photo.pixel_hash, Photo.id).where(Photo.pixel_hash.in_(some))
        by_pixels: dict[str | None, list[int]] = {}
        for pixel_hash, photo_id in session.execute(query):
            by_pixels.setdefault(pixel_hash, []).append(photo_id)
        twins += [np.array(same, np.int64) for same in by_pixels.values() if len(same) > 1]
    return twins


def read_without_pixel_hash(session: Session, photo_ids: Collection[int]) -> list[Photo]:
    """Those of these photos that have hashes but no pixel hash."""
    query = select(Photo).where(Photo.phash.is_not(None), Photo.pixel_hash.is_(None))
    return [
        photo for some in in_slices(photo_ids) for photo in session.scalars(query.where(Photo.id.in_(some)))
    ]


def read_photos(session: Session, photo_ids: Collection[int]) -> dict[int, Photo]:
    """Photos by id; removed ones are missing."""
    return {
        photo.id: photo
        for some in in_slices(photo_ids)
        for photo in session.scalars(select(Photo).where(Photo.id.in_(some)))
    }


def read_surroundings(session: Session, photo_ids: Collection[int]) -> Surroundings:
    """All rows that matter for these photos, including all members of their open groups."""
    groups = {group.group_id: group for group in _groups_of(session, photo_ids)}
    open_members = {i for group in groups.values() if not group.settled for i in group.photo_ids}
    everyone = {*photo_ids, *open_members, *(group.kept_id for group in groups.values())}
    return Surroundings(
        candidates=read_candidates(session, everyone),
        groups=groups,
        not_same=read_not_same(session, everyone),
        similar=read_similar(session, everyone),
    )


def read_candidates(session: Session, photo_ids: Collection[int]) -> dict[int, Candidate]:
    """Photos with hashes as candidates for grouping, by id."""
    columns = (Photo.id, Photo.phash, Photo.dhash, Photo.pixel_hash, Photo.width, Photo.height, Photo.bytes)
    query = select(*columns, PhotoEmbedding.picture).where(Photo.phash.is_not(None))
    query = query.outerjoin(PhotoEmbedding, PhotoEmbedding.photo_id == Photo.id)
    return {
        photo_id: Candidate(
            photo_id=photo_id,
            phash=phash or 0,
            dhash=dhash or 0,
            pixel_hash=pixel_hash,
            pixels=round(width * height * (1 if picture is None else picture)),
            bytes=size,
        )
        for some in in_slices(photo_ids)
        for photo_id, phash, dhash, pixel_hash, width, height, size, picture in session.execute(
            query.where(Photo.id.in_(some))
        )
    }


def read_not_same(session: Session, photo_ids: Collection[int]) -> Apart:
    """Pairs with one of these photos that a person marked as not the same."""
    query = select(NotSame.first_photo_id, NotSame.second_photo_id)
    pairs = {
        (first, second)
        for some in in_slices(photo_ids)
        for column in (NotSame.first_photo_id, NotSame.second_photo_id)
        for first, second in session.execute(query.where(column.in_(some)))
    }
    return apart_from_pairs(pairs)


def _groups_of(session: Session, photo_ids: Collection[int]) -> Iterator[ExistingGroup]:
    found = {
        group_id
        for some in in_slices(photo_ids)
        for group_id in session.scalars(
            select(DuplicateMember.group_id).where(DuplicateMember.photo_id.in_(some))
        )
    }
    for some in in_slices(found):
        members: dict[int, set[int]] = {}
        pairs = select(DuplicateMember.group_id, DuplicateMember.photo_id)
        for group_id, photo_id in session.execute(pairs.where(DuplicateMember.group_id.in_(some))):
            members.setdefault(group_id, set()).add(photo_id)
        for group in session.scalars(select(DuplicateGroup).where(DuplicateGroup.id.in_(some))):
            yield ExistingGroup(
                group_id=group.id,
                kept_id=group.kept_photo_id,
                settled=group.settled,
                photo_ids=frozenset(members[group.id]),
            )


def read_similar(session: Session, photo_ids: Collection[int]) -> Similar:
    """Similar photos of these photos, in both directions."""
    query = select(SimilarPhotos.first_photo_id, SimilarPhotos.second_photo_id, SimilarPhotos.cosine)
    found: defaultdict[int, dict[int, float]] = defaultdict(dict)
    for some in in_slices(photo_ids):
        for column in (SimilarPhotos.first_photo_id, SimilarPhotos.second_photo_id):
            for first, second, cosine in session.execute(query.where(column.in_(some))):
                found[first][second] = found[second][first] = cosine
    return found


def read_near_members(session: Session, photo_ids: Collection[int]) -> dict[int, set[int]]:
    """Members of open groups by the id of their kept photo, without members that are only similar."""
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
    """Embeddings of a network by photo id, without photos of one colour."""
    query = select(PhotoEmbedding.photo_id, PhotoEmbedding.vector).where(PhotoEmbedding.network == network)
    return {
        photo_id: np.frombuffer(vector, np.int8)
        for some in in_slices(photo_ids)
        for photo_id, vector in session.execute(query.where(PhotoEmbedding.photo_id.in_(some)))
        if vector is not None
    }


def without_embedding(network: str) -> ColumnElement[bool]:
    """Condition: the photo has no embedding of this network."""
    held = exists().where(PhotoEmbedding.photo_id == Photo.id, PhotoEmbedding.network == network)
    return ~held.correlate(Photo)


def count_uncompared(session: Session, network: str) -> int:
    """Number of photos that were never compared by an embedding of this network."""
    compared = (
        select(func.count())
        .select_from(PhotoEmbedding)
        .where(PhotoEmbedding.network == network, PhotoEmbedding.compared_at.is_not(None))
    )
    everyone = select(func.count()).select_from(Photo).where(Photo.erased_at.is_(None))
    return session.scalars(everyone).one() - session.scalars(compared).one()


def read_embeddings(session: Session, network: str) -> tuple[EmbeddedPhotos, NDArray[np.bool_]]:
    """Photos with their embeddings, and which of them were never compared, bool (n,).

    Photos that are in a group by their hashes are left out: their kept photo represents them.
    """
    by_hashes = exists().where(
        DuplicateMember.photo_id == PhotoEmbedding.photo_id,
        DuplicateMember.likeness.in_((Likeness.NEAR, Likeness.PIXELS)),
    )
    query = (
        select(PhotoEmbedding.photo_id, PhotoEmbedding.vector, PhotoEmbedding.compared_at.is_(None))
        .where(PhotoEmbedding.network == network, PhotoEmbedding.vector.is_not(None), ~by_hashes)
        .order_by(PhotoEmbedding.photo_id)
        .execution_options(yield_per=_EMBEDDING_ROWS_AT_ONCE)
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
