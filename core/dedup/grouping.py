"""Cut photos that hang together into duplicate groups without chains: all members near the kept photo."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.dedup.looks import bits_apart, tells
from core.dedup.match import Match
from models import Likeness


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """What grouping needs of one photo."""

    photo_id: int
    #: Signed, as the database holds them.
    phash: int
    dhash: int
    pixel_hash: str | None
    #: Width times height.
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


def apart(pairs: Collection[tuple[int, int]]) -> Apart:
    """From pairs of photo ids."""
    found: Apart = defaultdict(set)
    for first, second in pairs:
        found[first].add(second)
        found[second].add(first)
    return found


def group_around(
    kept: Candidate, members: Collection[int], new: Sequence[Candidate], *, distance: int, not_same: Apart
) -> list[Match]:
    """Which new photos join a group whose kept photo stands; `members` are the ids that are in it."""
    table = _Table([kept, *new])
    return _joining(table, 0, table.near(0, distance), {kept.photo_id, *members}, not_same)


def group_anew(candidates: Sequence[Candidate], *, distance: int, not_same: Apart) -> list[Grouping]:
    """Groups of photos: the best that is left is kept and takes all that are near it, and so on.

    So each kept photo is the best of its group, and every member is near the kept one.
    """
    table = _Table(sorted(candidates, key=lambda candidate: candidate.rank))
    free = np.ones(len(table.candidates), np.bool_)
    groups = []
    for at, kept in enumerate(table.candidates):
        if not free[at]:
            continue
        free[at] = False
        near = table.near(at, distance) & free
        matches = _joining(table, at, near, {kept.photo_id}, not_same)
        free[[table.place[match.photo_id] for match in matches]] = False
        if matches:
            groups.append(Grouping(kept_id=kept.photo_id, matches=tuple(matches)))
    return groups


class _Table:
    """Candidates with their hashes as arrays."""

    def __init__(self, candidates: Sequence[Candidate]) -> None:
        self.candidates = candidates
        self.place = {candidate.photo_id: at for at, candidate in enumerate(candidates)}
        self._phash = np.array([c.phash for c in candidates], np.int64).view(np.uint64)
        self._dhash = np.array([c.dhash for c in candidates], np.int64).view(np.uint64)
        self._tells = tells(self._phash)
        codes = {pixel_hash: at for at, pixel_hash in enumerate({c.pixel_hash for c in candidates} - {None})}
        #: Equal for the same pixels; a photo whose pixels are not known equals none.
        self._pixels = np.array([codes.get(c.pixel_hash, -1 - at) for at, c in enumerate(candidates)])

    def near(self, kept: int, distance: int) -> NDArray[np.bool_]:
        """Which candidates are near one of them, itself left out."""
        near = bits_apart(self._phash, self._phash[kept]) <= distance
        near &= bits_apart(self._dhash, self._dhash[kept]) <= distance
        near &= self._tells & self._tells[kept]
        near |= self._pixels == self._pixels[kept]
        near[kept] = False
        return near

    def match(self, kept: int, other: int) -> Match:
        """How one candidate compares with another."""
        same = self._pixels[kept] == self._pixels[other]
        return Match(
            photo_id=self.candidates[other].photo_id,
            likeness=Likeness.PIXELS if same else Likeness.NEAR,
            phash_distance=int(bits_apart(self._phash[other], self._phash[kept])),
            dhash_distance=int(bits_apart(self._dhash[other], self._dhash[kept])),
        )


def _joining(
    table: _Table, kept: int, near: NDArray[np.bool_], members: set[int], not_same: Apart
) -> list[Match]:
    """The near ones, but none that a person set apart from one that is in."""
    matches = []
    for at in np.flatnonzero(near).tolist():
        photo_id = table.candidates[at].photo_id
        if not_same.get(photo_id, set()).isdisjoint(members):
            members.add(photo_id)
            matches.append(table.match(kept, at))
    return matches
