"""Find photos with similar embeddings: exact dot products of new photos with the whole library."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.dedup.grouping import Candidate

#: Vectors of the library multiplied at a time, to bound the memory.
_AT_ONCE = 2_048
#: Only this many of the most similar photos are taken for each new photo: among thousands of shots of one
#: scene every pair is similar.
MOST_SIMILAR = 20


@dataclass(frozen=True, kw_only=True)
class EmbeddedPhotos:
    """Photos with their embeddings: ids int64 (n,), vectors int8 (n, d), not normalised."""

    ids: NDArray[np.int64]
    vectors: NDArray[np.int8]

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.vectors):
            raise ValueError("ids and vectors must have the same lengths")
        if self.vectors.dtype != np.int8 or self.ids.dtype != np.int64:
            raise ValueError("ids must be int64, vectors int8")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, which: NDArray[np.bool_] | slice) -> "EmbeddedPhotos":
        """A selection by mask or by slice."""
        return EmbeddedPhotos(ids=self.ids[which], vectors=self.vectors[which])


@dataclass(frozen=True, kw_only=True)
class SimilarPair:
    """Two photos, the lower id first, and the cosine of their embeddings."""

    first_id: int
    second_id: int
    cosine: float


def pair_of(first_id: int, second_id: int, cosine: float) -> SimilarPair:
    """A pair of ids in any order; a cosine that rounding brings above 1 becomes 1."""
    low, high = sorted((first_id, second_id))
    return SimilarPair(first_id=low, second_id=high, cosine=min(cosine, 1.0))


def cosine(one: NDArray[np.int8], other: NDArray[np.int8]) -> float:
    """Cosine of two vectors (d,)."""
    directions = _directions(np.stack([one, other]))
    return float(directions[0] @ directions[1])


def similar_pairs(new: EmbeddedPhotos, library: EmbeddedPhotos, above: float) -> list[SimilarPair]:
    """Pairs of a new photo and another photo of the library with a cosine of at least `above`, each once."""
    queries = _directions(new.vectors)
    best = _Hits(rows=np.empty(0, np.intp), ids=np.empty(0, np.int64), cosines=np.empty(0, np.float32))
    for start in range(0, len(library), _AT_ONCE):
        block = library.take(slice(start, start + _AT_ONCE))
        cosines = queries @ _directions(block.vectors).T
        rows, columns = np.divmod(np.flatnonzero(cosines >= above), len(block))
        hits = _Hits(rows=rows, ids=block.ids[columns], cosines=cosines[rows, columns])
        best = best.joined(hits.take(new.ids[rows] != hits.ids))
    new_ids = new.ids[best.rows].tolist()
    found = map(pair_of, new_ids, best.ids.tolist(), best.cosines.tolist())
    # A pair of two new photos is found twice.
    return list({(pair.first_id, pair.second_id): pair for pair in found}.values())


def add_pairs(
    found: Collection[SimilarPair], pairs: Collection[tuple[int, int]], library: EmbeddedPhotos
) -> list[SimilarPair]:
    """Found pairs and others by their ids, the lower first, each once; cosines below 0 become 0."""
    known = {(pair.first_id, pair.second_id) for pair in found}
    vectors = dict(zip(library.ids.tolist(), library.vectors, strict=True)) if pairs else {}
    more = (
        pair_of(first, second, max(0.0, cosine(vectors[first], vectors[second])))
        for first, second in sorted(pairs)
        if (first, second) not in known
    )
    return [*found, *more]


@dataclass(frozen=True, kw_only=True)
class _Hits:
    """The most similar photos so far: row of the new photo, id in the library, cosine; (n,) each."""

    rows: NDArray[np.intp]
    ids: NDArray[np.int64]
    cosines: NDArray[np.float32]

    def take(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> "_Hits":
        """A selection by mask or by index."""
        return _Hits(rows=self.rows[which], ids=self.ids[which], cosines=self.cosines[which])

    def joined(self, other: "_Hits") -> "_Hits":
        """Both, limited to the `MOST_SIMILAR` best of each row."""
        rows = np.concatenate([self.rows, other.rows])
        cosines = np.concatenate([self.cosines, other.cosines])
        order = np.lexsort((-cosines, rows))
        place = np.arange(len(order)) - np.searchsorted(rows[order], rows[order])
        kept = order[place < MOST_SIMILAR]
        return _Hits(rows=rows[kept], ids=np.concatenate([self.ids, other.ids])[kept], cosines=cosines[kept])


def _directions(vectors: NDArray[np.int8]) -> NDArray[np.float32]:
    """Vectors as float32 of length 1."""
    wide = vectors.astype(np.float32)
    return wide / np.maximum(np.linalg.norm(wide, axis=1, keepdims=True), 1e-9)


def pairs_with_group_members(
    found: Collection[SimilarPair],
    candidates: Mapping[int, Candidate],
    members: Mapping[int, Collection[int]],
) -> Iterator[tuple[int, int]]:
    """Yield, for each similar pair, the better photo with each group member of the other photo.

    `members` are the near photos in the group of a kept photo, by its id. When the kept photo moves into
    the group of a better one, a member may move along only if it is similar to the better photo itself.
    """
    seen = {(pair.first_id, pair.second_id) for pair in found}
    for pair in found:
        ids = pair.first_id, pair.second_id
        if not candidates.keys() >= set(ids):
            continue
        better, worse = sorted(ids, key=lambda photo_id: candidates[photo_id].rank)
        for member in members.get(worse, ()):
            ordered = min(better, member), max(better, member)
            if ordered not in seen:
                seen.add(ordered)
                yield better, member
