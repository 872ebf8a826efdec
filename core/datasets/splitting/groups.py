"""Split groups: photos that must stay in one split, and the split of each group."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.splitting.near_duplicates import FACES, PHOTOS, Nearness, burst_pairs, near_pairs
from models.split import Split


@dataclass(frozen=True, kw_only=True)
class Shares:
    """Shares of the groups that go into test and validation; the rest goes into train."""

    test: float
    validation: float


#: There are few whole photos and their metrics matter most, so more of them are held out.
PHOTO_SHARES = Shares(test=0.25, validation=0.12)
CROP_SHARES = Shares(test=0.10, validation=0.06)
#: Shares in frozen datasets. Never change them: faces that were trained on would become test faces.
DATASET_SHARES = Shares(test=0.15, validation=0.10)


def split_of(group_key: str, shares: Shares) -> Split:
    """The split of a group, from a key that does not depend on the order of its members."""
    digest = hashlib.sha256(group_key.encode()).digest()
    position = int.from_bytes(digest[:8], "big") / 2**64
    if position < shares.test:
        return Split.TEST
    return Split.VALIDATION if position < shares.test + shares.validation else Split.TRAIN


#: Of several splits of one group, the first of these counts.
_HELD_OUT_FIRST = (Split.TEST, Split.VALIDATION, Split.TRAIN)


@dataclass(frozen=True, kw_only=True)
class Group:
    """A split group that exists already."""

    id: int
    split: Split


@dataclass(frozen=True, kw_only=True)
class HashedPhoto:
    """A photo with its hashes; `group` is None for a photo that has none yet."""

    id: int
    sha256: str
    phash: int
    dhash: int
    #: ISO time; None where unknown.
    taken_at: str | None
    group: Group | None
    #: (phash, dhash) of its faces that are large enough to be distinguished.
    faces: tuple[tuple[int, int], ...]
    #: The split that an imported set gives it; None where none does.
    brought: Split | None = None


@dataclass(frozen=True, kw_only=True)
class NewMembers:
    """New photos that belong together, and the group they join; None for a new group."""

    photos: tuple[HashedPhoto, ...]
    group: Group | None

    @property
    def key(self) -> str:
        """The key of a new group: the smallest SHA-256, so that the order of photos does not matter."""
        return min(photo.sha256 for photo in self.photos)

    def choose_split(self, shares: Shares) -> Split:
        """The split of a new group: the one that imported sets give its photos, else by its key.

        Where they give several, the group is not divided, and what was held out for testing stays held out.
        """
        brought = {photo.brought for photo in self.photos}
        return next((split for split in _HELD_OUT_FIRST if split in brought), split_of(self.key, shares))


def group_photos(photos: Sequence[HashedPhoto]) -> list[NewMembers]:
    """Group the photos that have no group yet.

    Photos that are similar to groups of different splits are left out.
    """
    sets = DisjointSets(len(photos))
    near_groups: dict[int, set[Group]] = defaultdict(set)
    for one, other in _related_pairs(photos):
        known = photos[other].group
        if known is None:
            sets.join(one, other)
        else:
            near_groups[one].add(known)
    found = (_new_members(photos, members, near_groups) for members in sets.members())
    return [each for each in found if each is not None]


def _new_members(
    photos: Sequence[HashedPhoto], members: Sequence[int], near_groups: dict[int, set[Group]]
) -> NewMembers | None:
    if photos[members[0]].group is not None:
        return None
    groups = set[Group]().union(*(near_groups[member] for member in members if member in near_groups))
    if len({group.split for group in groups}) > 1:
        return None
    group = min(groups, key=lambda group: group.id) if groups else None
    return NewMembers(photos=tuple(photos[member] for member in members), group=group)


def _related_pairs(photos: Sequence[HashedPhoto]) -> Iterator[tuple[int, int]]:
    """Index pairs of related photos; the first of each pair has no group yet."""
    new = np.array([photo.group is None for photo in photos], bool)
    indices = np.arange(len(photos))
    yield from _near_photos([(photo.phash, photo.dhash) for photo in photos], indices, new, PHOTOS)
    faces = [(index, face) for index, photo in enumerate(photos) for face in photo.faces]
    shown_in = np.array([index for index, _ in faces], np.int64)
    yield from _near_photos([face for _, face in faces], shown_in, new, FACES)
    times = [photo.taken_at for photo in photos]
    for one, other in burst_pairs(times, [photo.phash for photo in photos]):
        if new[one] or new[other]:
            yield (one, other) if new[one] else (other, one)


def _near_photos(
    hashes: Sequence[tuple[int, int]], shown_in: NDArray[np.int64], new: NDArray[np.bool_], near: Nearness
) -> Iterator[tuple[int, int]]:
    """Index pairs of photos with near hashes; `shown_in` (n,) is the photo that each hash belongs to."""
    table = np.array(hashes, np.int64).reshape(-1, 2)
    for pairs in near_pairs(table, new[shown_in], near):
        for one, other in shown_in[pairs].tolist():
            if one != other:
                yield one, other


class DisjointSets:
    """Disjoint sets of the numbers 0 to n - 1."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def join(self, one: int, other: int) -> None:
        """Unite the sets of two numbers."""
        first, second = sorted((self._root(one), self._root(other)))
        self._parents[second] = first

    def members(self) -> list[list[int]]:
        """The sorted members of every set, by smallest member."""
        found: dict[int, list[int]] = defaultdict(list)
        for member in range(len(self._parents)):
            found[self._root(member)].append(member)
        return list(found.values())

    def _root(self, member: int) -> int:
        while self._parents[member] != member:
            self._parents[member] = self._parents[self._parents[member]]
            member = self._parents[member]
        return member
