"""The last part of a duplicate job, if asked for: photos of similar embeddings are laid over each other."""

from collections.abc import Collection
from functools import cache, lru_cache

from sqlalchemy import select

from core.database import in_slices
from core.dedup.alignment import Outline, lies_within, outline_of
from core.dedup.embedding import PhotoEmbedder, network_key
from core.dedup.job_kind import DedupOptions
from core.dedup.queries import (
    read_candidates,
    read_embeddings,
    read_near_members,
    read_not_same,
    read_similar,
    read_vectors,
)
from core.dedup.similar import SimilarPair, cosine, pair_of, pairs_with_group_members, similar_pairs
from core.dedup.store import count_steps, group_similar
from core.errors import InputError
from core.jobs.lease import lock_held
from models import Photo
from workers.engine import BatchRun
from workers.library import read_bytes

#: New photos that are compared in one transaction: laying photos over each other takes its time.
_AT_ONCE = 500
#: Outlines that are held, 150 kB each.
_OUTLINES = 256


@cache
def photo_embedder() -> PhotoEmbedder:
    """The one of this process."""
    return PhotoEmbedder()


def group_similar_photos(run: BatchRun, options: DedupOptions, above: float) -> None:
    """Compare photos whose embeddings were never compared with the whole library, some at a time."""
    with run.db.read() as session:
        library, is_new = read_embeddings(session, network_key())
    new = library.take(is_new)
    for start in range(0, len(new), _AT_ONCE):
        run.check()
        some = new.take(slice(start, start + _AT_ONCE))
        found = _look_closer(run, similar_pairs(some, library, above))
        found += _look_closer(run, _pairs_of_followers(run, found))
        with run.db.write() as session:
            lock_held(session, run.claim)
            group_similar(
                session, found, some.ids.tolist(), distance=options.distance, job_id=run.claim.job_id
            )
            count_steps(session, run.claim.job_id, len(some))


def _look_closer(run: BatchRun, pairs: Collection[SimilarPair]) -> list[SimilarPair]:
    """Those of which one photo lies within the other; what a person set apart is not looked at."""
    ids = _ids_of(pairs)
    with run.db.read() as session:
        known, apart = read_similar(session, ids), read_not_same(session, ids)
    outlines = _Outlines(run, ids)
    found = []
    for pair in pairs:
        run.check()
        if pair.second_id in apart.get(pair.first_id, ()):
            continue
        is_known = pair.second_id in known.get(pair.first_id, {})
        if is_known or outlines.match(pair):
            found.append(pair)
    return found


def _pairs_of_followers(run: BatchRun, found: Collection[SimilarPair]) -> list[SimilarPair]:
    """Pairs of the better photos with those that the others stand for."""
    ids = _ids_of(found)
    with run.db.read() as session:
        pairs = list(
            pairs_with_group_members(found, read_candidates(session, ids), read_near_members(session, ids))
        )
        vectors = read_vectors(session, network_key(), {photo_id for pair in pairs for photo_id in pair})
    return [
        pair_of(better, follower, cosine(vectors[better], vectors[follower]))
        for better, follower in pairs
        if better in vectors and follower in vectors
    ]


def _ids_of(pairs: Collection[SimilarPair]) -> set[int]:
    return {photo_id for pair in pairs for photo_id in (pair.first_id, pair.second_id)}


class _Outlines:
    """Outlines of photos, of which the last ones are held."""

    def __init__(self, run: BatchRun, photo_ids: Collection[int]) -> None:
        self._run = run
        with run.db.read() as session:
            self._photos = {
                photo.id: photo
                for some in in_slices(photo_ids)
                for photo in session.scalars(select(Photo).where(Photo.id.in_(some)))
            }
        self._outline = lru_cache(maxsize=_OUTLINES)(self._read)

    def match(self, pair: SimilarPair) -> bool:
        """Whether one of the two lies within the other; not where one is gone or damaged by now."""
        first, second = self._outline(pair.first_id), self._outline(pair.second_id)
        return first is not None and second is not None and lies_within(first, second)

    def _read(self, photo_id: int) -> Outline | None:
        photo = self._photos.get(photo_id)
        if photo is None:
            return None
        try:
            return outline_of(read_bytes(self._run, photo), short_side=min(photo.width, photo.height))
        except InputError:
            return None
