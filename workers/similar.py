"""The optional last part of a duplicate job: compare photos with similar embeddings pixel by pixel."""

from collections.abc import Collection
from functools import cache, lru_cache, partial

import numpy as np

from core.dedup.alignment import Corners, detect_corners, is_part
from core.dedup.embedding import PhotoEmbedder, network_key
from core.dedup.job_kind import DedupOptions
from core.dedup.queries import (
    read_candidates,
    read_embeddings,
    read_library,
    read_near_members,
    read_not_same,
    read_photos,
    read_similar,
    read_vectors,
)
from core.dedup.similar import (
    EmbeddedPhotos,
    SimilarPair,
    add_pairs,
    cosine,
    pair_of,
    pairs_with_group_members,
    similar_pairs,
)
from core.dedup.store import count_steps, group_similar
from core.dedup.turned import TurnedLibrary
from core.item_errors import ItemErrors
from core.jobs.lease import lock_held, note_progress
from workers.engine import BatchRun
from workers.library import read_bytes

#: New photos in one transaction; aligning a pair takes about 12 ms.
_AT_ONCE = 500
#: Number of photos whose corners are kept in memory, 150 kB each.
_CACHED = 256


@cache
def photo_embedder() -> PhotoEmbedder:
    """The embedder of this process."""
    return PhotoEmbedder()


def group_similar_photos(run: BatchRun, options: DedupOptions, above: float) -> None:
    """Compare photos whose embeddings were never compared with the whole library, 500 in a transaction."""
    with run.db.read() as session:
        library, is_new = read_embeddings(session, network_key())
        hashed, _ = read_library(session)
    new = library.take(is_new)
    turned = TurnedLibrary(hashed.take(np.isin(hashed.ids, library.ids)))
    for start in range(0, len(new), _AT_ONCE):
        run.check()
        some = new.take(slice(start, start + _AT_ONCE))
        found = run.compute(partial(_compare, run, some, library, turned, above))
        with run.db.write() as session:
            note_progress(lock_held(session, run.claim))
            group_similar(
                session, found, some.ids.tolist(), distance=options.distance, job_id=run.claim.job_id
            )
            count_steps(session, run.claim.job_id, len(some))


def _compare(
    run: BatchRun, some: EmbeddedPhotos, library: EmbeddedPhotos, turned: TurnedLibrary, above: float
) -> list[SimilarPair]:
    """The pairs of some photos with the library and with members of its groups, verified."""
    pairs = add_pairs(similar_pairs(some, library, above), turned.pairs(some.ids), library)
    found = _verify(run, pairs)
    return found + _verify(run, _pairs_of_members(run, found))


def _verify(run: BatchRun, pairs: Collection[SimilarPair]) -> list[SimilarPair]:
    """Pairs of which one photo is part of the other, without those that a person marked as not the same."""
    ids = _ids_of(pairs)
    with run.db.read() as session:
        known, apart = read_similar(session, ids), read_not_same(session, ids)
    aligner = _Aligner(run, ids)
    found = []
    for pair in pairs:
        run.check()
        if pair.second_id in apart.get(pair.first_id, ()):
            continue
        is_known = pair.second_id in known.get(pair.first_id, {})
        if is_known or aligner.matches(pair):
            found.append(pair)
    aligner.check()
    return found


def _pairs_of_members(run: BatchRun, found: Collection[SimilarPair]) -> list[SimilarPair]:
    """Pairs of the better photo with the group members of the other photo."""
    ids = _ids_of(found)
    with run.db.read() as session:
        pairs = list(
            pairs_with_group_members(found, read_candidates(session, ids), read_near_members(session, ids))
        )
        vectors = read_vectors(session, network_key(), {photo_id for pair in pairs for photo_id in pair})
    return [
        pair_of(better, member, cosine(vectors[better], vectors[member]))
        for better, member in pairs
        if better in vectors and member in vectors
    ]


def _ids_of(pairs: Collection[SimilarPair]) -> set[int]:
    return {photo_id for pair in pairs for photo_id in (pair.first_id, pair.second_id)}


class _Aligner:
    """Aligns pairs of photos; the corners of the latest photos are cached."""

    def __init__(self, run: BatchRun, photo_ids: Collection[int]) -> None:
        self._run = run
        with run.db.read() as session:
            self._photos = read_photos(session, photo_ids)
        self._errors, self._read_photos = ItemErrors(), 0
        self._corners = lru_cache(maxsize=_CACHED)(self._read)

    def matches(self, pair: SimilarPair) -> bool:
        """Whether one photo is part of the other; False if one is gone or damaged now."""
        first, second = self._corners(pair.first_id), self._corners(pair.second_id)
        return first is not None and second is not None and is_part(first, second)

    def check(self) -> None:
        """Raise an error that struck every photo."""
        self._errors.check(self._read_photos)

    def _read(self, photo_id: int) -> Corners | None:
        photo = self._photos.get(photo_id)
        if photo is None:
            return None
        self._read_photos += 1
        try:
            return detect_corners(read_bytes(self._run, photo), short_side=min(photo.width, photo.height))
        except Exception as error:
            self._errors.input_error(error, photo=photo_id)
            return None
