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
    """In what a member equals the kept photo, and by how many bits its hashes differ."""

    photo_id: int
    likeness: Likeness
    phash_distance: int = 0
    dhash_distance: int = 0
    #: Of the embeddings, where the photo is similar.
    cosine: float = 0.0

    @property
    def similarity(self) -> float:
        """1 where every pixel is the same, however the two were decoded when they were hashed."""
        if self.likeness is Likeness.SIMILAR:
            return similarity_by_embedding(self.cosine)
        if self.likeness is Likeness.NEAR:
            return similarity(self.phash_distance, self.dhash_distance)
        return 1.0

    def is_within(self, limit: int) -> bool:
        """Whether a member may be so far from the kept photo."""
        return self.likeness is not Likeness.NEAR or max(self.phash_distance, self.dhash_distance) <= limit

    def columns(self) -> dict[str, Any]:
        """As `DuplicateMember` holds them."""
        return {
            "photo_id": self.photo_id,
            "likeness": self.likeness,
            "phash_distance": self.phash_distance,
            "dhash_distance": self.dhash_distance,
            "similarity": self.similarity,
        }


def match_of(kept: Photo, other: Photo, *, cosine: float | None) -> Match:
    """How one photo compares with the kept one; both have hashes. `cosine` where they were found similar."""
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
    """What grouping needs of one photo."""

    photo_id: int
    #: Signed, as the database holds them.
    phash: int
    dhash: int
    pixel_hash: str | None
    #: Width times height, less the bars at its borders where they are known.
    pixels: int
    bytes: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """The least is the best: most pixels, then most bytes, then the earliest."""
        return -self.pixels, -self.bytes, self.photo_id


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """A group to be: the kept photo, and those that it stands for, at least one."""

    kept_id: int
    matches: tuple[Match, ...]

    @property
    def similarity(self) -> float:
        """Of the member least like the kept photo."""
        return min(match.similarity for match in self.matches)


#: For each photo, those of which a person said that they are not the same as it.
Apart = dict[int, set[int]]
#: For each photo, those that were found similar to it, with the cosine of the embeddings.
Similar = Mapping[int, Mapping[int, float]]

_NONE: Similar = MappingProxyType({})


def apart(pairs: Collection[tuple[int, int]]) -> Apart:
    """From pairs of photo ids."""
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
    """Which new photos join a group whose kept photo stands; `members` are the ids that are in it."""
    table = _Table([kept, *new], distance, similar)
    return _joining(table, 0, table.like(0), {kept.photo_id, *members}, not_same)


def group_anew(
    candidates: Sequence[Candidate], *, distance: int, not_same: Apart, similar: Similar = _NONE
) -> list[Grouping]:
    """Groups of photos: the best that is left is kept and takes all that are near it, and so on.

    So each kept photo is the best of its group, and every member is near the kept one, or similar to it.
    """
    table = _Table(sorted(candidates, key=lambda candidate: candidate.rank), distance, similar)
    free = np.ones(len(table.candidates), np.bool_)
    groups = []
    for at, kept in enumerate(table.candidates):
        if not free[at]:
            continue
        free[at] = False
        matches = _joining(table, at, table.like(at) & free, {kept.photo_id}, not_same)
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
        #: Equal for the same pixels; a photo whose pixels are not known equals none.
        self._pixels = np.array([codes.get(c.pixel_hash, -1 - at) for at, c in enumerate(candidates)])

    def like(self, kept: int) -> NDArray[np.bool_]:
        """Which candidates are near one of them, or similar to it, itself left out."""
        like = self._by_hashes(kept)
        like |= self._pixels == self._pixels[kept]
        like[[self.place[other] for other in self._similar_to(kept) if other in self.place]] = True
        like[kept] = False
        return like

    def match(self, kept: int, other: int) -> Match:
        """How one candidate compares with another."""
        phash_distance = int(bits_apart(self._phash[other], self._phash[kept]))
        dhash_distance = int(bits_apart(self._dhash[other], self._dhash[kept]))
        if self._pixels[kept] == self._pixels[other]:
            likeness = Likeness.PIXELS
        elif self._by_hashes(kept)[other]:
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

    def _by_hashes(self, kept: int) -> NDArray[np.bool_]:
        like = bits_apart(self._phash, self._phash[kept]) <= self._distance
        like &= bits_apart(self._dhash, self._dhash[kept]) <= self._distance
        return np.asarray(like & self._has_detail & self._has_detail[kept])

    def _similar_to(self, kept: int) -> Mapping[int, float]:
        return self._similar.get(self.candidates[kept].photo_id, {})


def _joining(
    table: _Table, kept: int, like: NDArray[np.bool_], members: set[int], not_same: Apart
) -> list[Match]:
    """The ones alike, but none that a person set apart from one that is in."""
    matches = []
    for at in np.flatnonzero(like).tolist():
        photo_id = table.candidates[at].photo_id
        if not_same.get(photo_id, set()).isdisjoint(members):
            members.add(photo_id)
            matches.append(table.match(kept, at))
    return matches
