"""Divide photos into duplicate groups in which every member matches the kept photo."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.library.fingerprints.photo_hashes import (
    bits_apart,
    distance,
    has_detail,
    similarity,
    similarity_by_embedding,
)
from models import Likeness, Photo


@dataclass(frozen=True, kw_only=True)
class Match:
    """How a member matches the kept photo, and by how many bits their hashes differ."""

    photo_id: int
    likeness: Likeness
    phash_distance: int = 0
    dhash_distance: int = 0
    #: Cosine of the embeddings for a similar photo, else 0.
    cosine: float = 0.0

    @property
    def similarity(self) -> float:
        """1 for equal pixels, even if the hashes differ because one photo was hashed at reduced scale."""
        if self.likeness is Likeness.SIMILAR:
            return similarity_by_embedding(self.cosine)
        if self.likeness is Likeness.NEAR:
            return similarity(self.phash_distance, self.dhash_distance)
        return 1.0

    def is_within(self, limit: int) -> bool:
        """Whether the photo may stay in the group with `limit` as largest distance."""
        return self.likeness is not Likeness.NEAR or max(self.phash_distance, self.dhash_distance) <= limit

    def columns(self) -> dict[str, Any]:
        """Values of the columns of `DuplicateMember`."""
        return {
            "photo_id": self.photo_id,
            "likeness": self.likeness,
            "phash_distance": self.phash_distance,
            "dhash_distance": self.dhash_distance,
            "similarity": self.similarity,
        }


def match_of(kept: Photo, other: Photo, *, cosine: float | None) -> Match:
    """Compare a photo with the kept one; both have hashes. `cosine` is None unless they are similar."""
    if kept.id == other.id:
        return Match(photo_id=other.id, likeness=Likeness.KEPT)
    same = kept.pixel_hash is not None and kept.pixel_hash == other.pixel_hash
    return Match(
        photo_id=other.id,
        likeness=Likeness.PIXELS if same else Likeness.NEAR if cosine is None else Likeness.SIMILAR,
        phash_distance=distance(kept.phash or 0, other.phash or 0),
        dhash_distance=distance(kept.dhash or 0, other.dhash or 0),
        cosine=cosine or 0.0,
    )


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """The attributes of a photo that grouping needs."""

    photo_id: int
    #: Hashes as signed integers, as in the database.
    phash: int
    dhash: int
    pixel_hash: str | None
    #: Width times height, without bars at the borders where these are known.
    pixels: int
    bytes: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """Sort key, the best photo first: most pixels, then most bytes, then the lowest id."""
        return -self.pixels, -self.bytes, self.photo_id


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """A planned group: the kept photo and at least one other."""

    kept_id: int
    matches: tuple[Match, ...]

    @property
    def similarity(self) -> float:
        """The lowest similarity of a member to the kept photo."""
        return min(match.similarity for match in self.matches)


#: For each photo id, the ids that a person marked as not the same.
Apart = dict[int, set[int]]
#: For each photo id, the ids of similar photos with the cosine of the embeddings.
Similar = Mapping[int, Mapping[int, float]]

_NONE: Similar = MappingProxyType({})


def apart_from_pairs(pairs: Collection[tuple[int, int]]) -> Apart:
    """Both directions of pairs of photo ids."""
    found: Apart = defaultdict(set)
    for first, second in pairs:
        found[first].add(second)
        found[second].add(first)
    return found


def group_around(
    kept: Candidate,
    members: Collection[int],
    new: Sequence[Candidate],
    *,
    distance: int,
    not_same: Apart,
    similar: Similar = _NONE,
) -> list[Match]:
    """Which new photos join a group whose kept photo must not change; `members` are the ids in it."""
    table = _Table([kept, *new], distance, similar)
    return _joining(table, 0, table.matching(0), {kept.photo_id, *members}, not_same)


def group_anew(
    candidates: Sequence[Candidate], *, distance: int, not_same: Apart, similar: Similar = _NONE
) -> list[Grouping]:
    """Divide photos into groups: the best free photo is kept and takes all photos that match it, and so on.

    So each kept photo is the best of its group, and every member is near or similar to the kept one.
    """
    table = _Table(sorted(candidates, key=lambda candidate: candidate.rank), distance, similar)
    free = np.ones(len(table.candidates), np.bool_)
    groups = []
    for at, kept in enumerate(table.candidates):
        if not free[at]:
            continue
        free[at] = False
        matches = _joining(table, at, table.matching(at) & free, {kept.photo_id}, not_same)
        free[[table.place[match.photo_id] for match in matches]] = False
        if matches:
            groups.append(Grouping(kept_id=kept.photo_id, matches=tuple(matches)))
    return groups


class _Table:
    """Candidates with their hashes as arrays."""

    def __init__(self, candidates: Sequence[Candidate], distance: int, similar: Similar) -> None:
        self.candidates = candidates
        self._distance, self._similar = distance, similar
        self.place = {candidate.photo_id: at for at, candidate in enumerate(candidates)}
        self._phash = np.array([c.phash for c in candidates], np.int64).view(np.uint64)
        self._dhash = np.array([c.dhash for c in candidates], np.int64).view(np.uint64)
        self._has_detail = has_detail(self._phash)
        codes = {pixel_hash: at for at, pixel_hash in enumerate({c.pixel_hash for c in candidates} - {None})}
        #: Equal numbers for equal pixels; unique where the pixel hash is not known.
        self._pixels = np.array([codes.get(c.pixel_hash, -1 - at) for at, c in enumerate(candidates)])

    def matching(self, kept: int) -> NDArray[np.bool_]:
        """Which other candidates have equal pixels or are near or similar to this one, bool (n,)."""
        found = self._near(kept)
        found |= self._pixels == self._pixels[kept]
        found[[self.place[other] for other in self._similar_to(kept) if other in self.place]] = True
        found[kept] = False
        return found

    def match(self, kept: int, other: int) -> Match:
        """Compare two candidates by index."""
        phash_distance = int(bits_apart(self._phash[other], self._phash[kept]))
        dhash_distance = int(bits_apart(self._dhash[other], self._dhash[kept]))
        if self._pixels[kept] == self._pixels[other]:
            likeness = Likeness.PIXELS
        elif self._near(kept)[other]:
            likeness = Likeness.NEAR
        else:
            likeness = Likeness.SIMILAR
        photo_id = self.candidates[other].photo_id
        return Match(
            photo_id=photo_id,
            likeness=likeness,
            phash_distance=phash_distance,
            dhash_distance=dhash_distance,
            cosine=self._similar_to(kept).get(photo_id, 0.0),
        )

    def _near(self, kept: int) -> NDArray[np.bool_]:
        near = bits_apart(self._phash, self._phash[kept]) <= self._distance
        near &= bits_apart(self._dhash, self._dhash[kept]) <= self._distance
        return np.asarray(near & self._has_detail & self._has_detail[kept])

    def _similar_to(self, kept: int) -> Mapping[int, float]:
        return self._similar.get(self.candidates[kept].photo_id, {})


def _joining(
    table: _Table, kept: int, matching: NDArray[np.bool_], members: set[int], not_same: Apart
) -> list[Match]:
    """Matching photos, except those that a person marked as not the same as a member."""
    matches = []
    for at in np.flatnonzero(matching).tolist():
        photo_id = table.candidates[at].photo_id
        if not_same.get(photo_id, set()).isdisjoint(members):
            members.add(photo_id)
            matches.append(table.match(kept, at))
    return matches
