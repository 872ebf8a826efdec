"""Measure the option of duplicate jobs to find similar photos in addition to near ones."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.dedup.alignment import Corners, detect_corners, is_part
from core.dedup.embedding import PhotoEmbedder
from core.dedup.grouping import Candidate, Grouping, group_anew
from core.dedup.plan import join_overlapping
from core.dedup.similar import (
    EmbeddedPhotos,
    SimilarPair,
    add_pairs,
    cosine,
    pair_of,
    pairs_with_group_members,
    similar_pairs,
)
from core.dedup.turned import TurnedLibrary
from core.library.fingerprints.photo_hashes import Embedding, HashedPhotos

#: One of the choices in the form of a duplicate job.
ABOVE = 0.55
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class SimilarSearch:
    """Groups, and the work of a job without a database."""

    groups: list[Grouping]
    embedding_seconds: float
    search_seconds: float
    #: Number of pairs that were aligned, and of those that matched.
    aligned: int
    found: int
    alignment_seconds: float

    def table(self, photos: int) -> str:
        """Results as a Markdown table."""
        lines = [
            "\n| similar photos too, one core | |",
            "|---|---|",
            f"| embedding, a photo | {1000 * self.embedding_seconds / photos:.1f} ms |",
            f"| search among {photos:,}, a photo | {1000 * self.search_seconds / photos:.2f} ms |",
            f"| aligned pairs | {self.aligned:,}, of which {self.found:,} matched |",
            f"| alignment, a pair | {1000 * self.alignment_seconds / max(1, self.aligned):.1f} ms |",
        ]
        return "\n".join(lines)


def search_similar(
    paths: Sequence[Path],
    sides: Sequence[int],
    candidates: dict[int, Candidate],
    groups: list[Grouping],
    *,
    distance: int,
) -> SimilarSearch:
    """Embed every photo, search without members of groups, align the pairs, group again.

    `sides` are the shorter sides in pixels.
    """
    start = time.perf_counter()
    embeddings = _embed(paths, sides)
    embedded = time.perf_counter()
    vectors = {at: np.frombuffer(e.vector, np.int8) for at, e in embeddings.items() if e.vector is not None}
    candidates = {
        at: replace(each, pixels=round(each.pixels * embeddings[at].picture))
        for at, each in candidates.items()
    }
    stood_for = {match.photo_id for group in groups for match in group.matches}
    library = _library({at: vector for at, vector in vectors.items() if at not in stood_for})
    pairs = _search(library, candidates)
    searched = time.perf_counter()
    found = _look_closer(pairs, paths, sides)
    followers = {group.kept_id: [match.photo_id for match in group.matches] for group in groups}
    more = [
        pair_of(better, follower, cosine(vectors[better], vectors[follower]))
        for better, follower in pairs_with_group_members(found, candidates, followers)
        if follower in vectors
    ]
    found += _look_closer(more, paths, sides)
    return SimilarSearch(
        groups=_group(candidates, groups, found, distance),
        embedding_seconds=embedded - start,
        search_seconds=searched - embedded,
        aligned=len(pairs) + len(more),
        found=len(found),
        alignment_seconds=time.perf_counter() - searched,
    )


def _embed(paths: Sequence[Path], sides: Sequence[int]) -> dict[int, Embedding]:
    embedder = PhotoEmbedder()
    return {at: embedder.embed(path.read_bytes(), short_side=sides[at]) for at, path in enumerate(paths)}


def _library(vectors: dict[int, NDArray[np.int8]]) -> EmbeddedPhotos:
    return EmbeddedPhotos(ids=np.array(list(vectors), np.int64), vectors=np.stack(list(vectors.values())))


def _search(library: EmbeddedPhotos, candidates: dict[int, Candidate]) -> list[SimilarPair]:
    turned = TurnedLibrary(_hashed([candidates[at] for at in library.ids.tolist()]))
    found: list[SimilarPair] = []
    for at in range(0, len(library), _AT_ONCE):
        some = library.take(slice(at, at + _AT_ONCE))
        found += add_pairs(similar_pairs(some, library, ABOVE), turned.pairs(some.ids), library)
    return list({(pair.first_id, pair.second_id): pair for pair in found}.values())


def _hashed(candidates: Sequence[Candidate]) -> HashedPhotos:
    phash, dhash = (
        np.array([getattr(each, name) for each in candidates], np.int64).view(np.uint64)
        for name in ("phash", "dhash")
    )
    return HashedPhotos(
        ids=np.array([each.photo_id for each in candidates], np.int64), phash=phash, dhash=dhash
    )


def _look_closer(
    pairs: Sequence[SimilarPair], paths: Sequence[Path], sides: Sequence[int]
) -> list[SimilarPair]:
    @lru_cache(maxsize=256)
    def corners(at: int) -> Corners:
        return detect_corners(paths[at].read_bytes(), short_side=sides[at])

    return [pair for pair in pairs if is_part(corners(pair.first_id), corners(pair.second_id))]


def _group(
    candidates: dict[int, Candidate], groups: list[Grouping], found: list[SimilarPair], distance: int
) -> list[Grouping]:
    """Group like a job without decisions of people: connected open groups are grouped again."""
    similar: dict[int, dict[int, float]] = {}
    for pair in found:
        similar.setdefault(pair.first_id, {})[pair.second_id] = pair.cosine
        similar.setdefault(pair.second_id, {})[pair.first_id] = pair.cosine
    by_hashes = [{group.kept_id, *(match.photo_id for match in group.matches)} for group in groups]
    clusters = join_overlapping([*by_hashes, *((pair.first_id, pair.second_id) for pair in found)])
    return [
        group
        for cluster in clusters
        for group in group_anew(
            [candidates[at] for at in cluster], distance=distance, not_same={}, similar=similar
        )
    ]
