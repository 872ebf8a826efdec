"""Put new photos into groups that are never cut: by their own likeness, their faces' likeness, by burst."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.datasets.bursts import burst_pairs
from core.datasets.joining import Joining
from core.datasets.near import FACES, PHOTOS, Nearness, near_pairs
from models import Split


@dataclass(frozen=True, kw_only=True)
class Group:
    """A split group as grouping needs it."""

    id: int
    split: Split


@dataclass(frozen=True, kw_only=True)
class MarkedPhoto:
    """A photo with its hashes; `group` is None for a photo that has none yet."""

    id: int
    sha256: str
    phash: int
    dhash: int
    taken_at: str | None
    group: Group | None
    #: (phash, dhash) of its faces that are large enough to be told apart.
    faces: tuple[tuple[int, int], ...]


@dataclass(frozen=True, kw_only=True)
class Joined:
    """New photos that belong together, and the group they join; None founds one."""

    photos: tuple[MarkedPhoto, ...]
    group: Group | None

    @property
    def key(self) -> str:
        """What a founded group is known by: the smallest hash, so that order changes nothing."""
        return min(photo.sha256 for photo in self.photos)


def group_photos(photos: Sequence[MarkedPhoto]) -> list[Joined]:
    """Group the photos that have no group yet.

    Photos that stand between groups on different sides belong to neither and are left out.
    """
    joining = Joining(len(photos))
    touched: dict[int, set[Group]] = defaultdict(set)
    for one, other in _pairs(photos):
        known = photos[other].group
        if known is None:
            joining.join(one, other)
        else:
            touched[one].add(known)
    return [joined for members in joining.sets() if (joined := _joined(photos, members, touched))]


def _joined(
    photos: Sequence[MarkedPhoto], members: Sequence[int], touched: dict[int, set[Group]]
) -> Joined | None:
    if photos[members[0]].group is not None:
        return None
    groups = set[Group]().union(*(touched[member] for member in members if member in touched))
    if len({group.split for group in groups}) > 1:
        return None
    group = min(groups, key=lambda group: group.id) if groups else None
    return Joined(photos=tuple(photos[member] for member in members), group=group)


def _pairs(photos: Sequence[MarkedPhoto]) -> Iterator[tuple[int, int]]:
    """Index pairs of photos that belong together, of which the first is new."""
    new = np.array([photo.group is None for photo in photos], bool)
    everyone = np.arange(len(photos))
    yield from _near([(photo.phash, photo.dhash) for photo in photos], everyone, new, PHOTOS)
    of_faces = [(place, face) for place, photo in enumerate(photos) for face in photo.faces]
    places = np.array([place for place, _ in of_faces], np.int64)
    yield from _near([face for _, face in of_faces], places, new, FACES)
    times = [photo.taken_at for photo in photos]
    for one, other in burst_pairs(times, [photo.phash for photo in photos]):
        if new[one] or new[other]:
            yield (one, other) if new[one] else (other, one)


def _near(
    hashes: Sequence[tuple[int, int]], places: NDArray[np.int64], new: NDArray[np.bool_], near: Nearness
) -> Iterator[tuple[int, int]]:
    table = np.array(hashes, np.int64).reshape(-1, 2)
    for pairs in near_pairs(table, new[places], near):
        for one, other in places[pairs].tolist():
            if one != other:
                yield one, other
