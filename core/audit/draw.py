"""Choose faces and photos at random in one pass over a job, in memory that only the sample's size needs.

Each face and photo has a permanent random number, computed from the seed and its ids (Ohlsson 1995,
"Coordination of samples using permanent random numbers"). A sample of n faces of a stratum are those with
the n smallest numbers: a simple random sample without replacement, the same for the same seed. A larger
sample contains the smaller one, so a face's chance is n / faces of the stratum after any number of draws.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.audit.strata import STRATA
from core.estimates.allocation import allocate
from core.estimates.evidence import PopulationCell

#: The increment and multipliers of SplitMix64 (Steele, Lea, Flood 2014).
_STEP, _FIRST, _SECOND = (
    np.uint64(0x9E3779B97F4A7C15),
    np.uint64(0xBF58476D1CE4E5B9),
    np.uint64(0x94D049BB133111EB),
)


def random_numbers(seed: int, *ids: NDArray[np.int64]) -> NDArray[np.uint64]:
    """A permanent random number for each row of ids, uint64 (n,)."""
    numbers = np.full(len(ids[0]), np.uint64(seed % 2**64))
    for column in ids:
        numbers = _mixed(numbers ^ _mixed(column.astype(np.uint64)))
    return numbers


def _mixed(numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    with np.errstate(over="ignore"):
        numbers = numbers + _STEP
        numbers = (numbers ^ (numbers >> np.uint64(30))) * _FIRST
        numbers = (numbers ^ (numbers >> np.uint64(27))) * _SECOND
    return numbers ^ (numbers >> np.uint64(31))


class Smallest:
    """Keeps the rows with the `most` smallest random numbers of all that were added."""

    def __init__(self, most: int, columns: int) -> None:
        self._most = most
        self._numbers = np.empty(0, np.uint64)
        self._rows = np.empty((0, columns))

    def add(self, numbers: NDArray[np.uint64], rows: NDArray[np.float64]) -> None:
        """Add rows, float64 (n, columns), with their numbers; ids below 2^53 keep their value."""
        self._numbers = np.concatenate([self._numbers, numbers])
        self._rows = np.concatenate([self._rows, rows])
        if len(self._numbers) > 2 * self._most:
            self._cut()

    def take(self) -> NDArray[np.float64]:
        """The kept rows, smallest number first, float64 (k, columns)."""
        self._cut()
        return self._rows

    def _cut(self) -> None:
        order = np.argsort(self._numbers, kind="stable")[: self._most]
        self._numbers, self._rows = self._numbers[order], self._rows[order]


@dataclass(frozen=True, kw_only=True)
class DrawnFace:
    """A face of the sample."""

    face_id: int
    position: int
    #: Place in STRATA.
    stratum: int
    sureness: float
    #: Place in the random order of its stratum.
    place: int


@dataclass(frozen=True, kw_only=True)
class DrawnPhoto:
    """A photo of the sample."""

    photo_id: int
    #: Of its first file.
    position: int
    #: Place in the random order of the job's photos.
    place: int
    #: Its chance of being in the sample.
    chance: float


@dataclass(frozen=True, kw_only=True)
class StratumSize:
    """Faces of a stratum, the mean probability of their predicted label, and how many are drawn."""

    stratum: int
    faces: int
    confidence: float
    drawn: int = 0


class FaceDraw:
    """Draws up to `faces` faces; add every face of the population once, slice by slice."""

    def __init__(self, *, seed: int, faces: int) -> None:
        self._seed, self._faces = seed, faces
        self._kept = [Smallest(faces, columns=3) for _ in STRATA]
        self._sizes = np.zeros(len(STRATA), np.int64)
        self._sureness = np.zeros(len(STRATA))

    def add(self, faces: Sequence[tuple[int, int, int, float]]) -> None:
        """Add faces as (id, position of its file, place in STRATA, probability of its predicted label)."""
        if not faces:
            return
        rows = np.array(faces, np.float64)
        ids, positions, strata = rows[:, :3].T.astype(np.int64)
        self._sizes += np.bincount(strata, minlength=len(STRATA))
        self._sureness += np.bincount(strata, rows[:, 3], minlength=len(STRATA))
        numbers = random_numbers(self._seed, ids, positions)
        for stratum in np.unique(strata).tolist():
            chosen = strata == stratum
            self._kept[stratum].add(numbers[chosen], rows[chosen][:, [0, 1, 3]])

    def draw(self, before: Mapping[int, int]) -> tuple[list[StratumSize], list[DrawnFace]]:
        """The strata with how many faces were drawn from each, and the faces in their order for a queue.

        `before` gives the faces that an earlier draw took from each stratum; they are among those returned.
        """
        cells = [self._cell(n) for n, size in enumerate(self._sizes) if size]
        strata = [n for n, size in enumerate(self._sizes) if size]
        already = [min(before.get(n, 0), cell.faces) for n, cell in zip(strata, cells, strict=True)]
        more = allocate(cells, max(0, self._faces - sum(already)), already)
        sizes = [
            StratumSize(stratum=n, faces=cell.faces, confidence=cell.confidence, drawn=old + new)
            for n, cell, old, new in zip(strata, cells, already, more, strict=True)
        ]
        faces = [face for size in sizes for face in self._drawn_of(size)]
        return sizes, in_mixed_order(faces, {size.stratum: size.drawn for size in sizes})

    def _cell(self, stratum: int) -> PopulationCell:
        size = int(self._sizes[stratum])
        return PopulationCell(
            stratum=STRATA[stratum].name,
            predicted=STRATA[stratum].predicted,
            faces=size,
            confidence=float(self._sureness[stratum] / size),
        )

    def _drawn_of(self, size: StratumSize) -> list[DrawnFace]:
        rows = self._kept[size.stratum].take()[: size.drawn].tolist()
        return [
            DrawnFace(
                face_id=int(face),
                position=int(position),
                stratum=size.stratum,
                sureness=sureness,
                place=place,
            )
            for place, (face, position, sureness) in enumerate(rows)
        ]


def in_mixed_order(faces: Sequence[DrawnFace], drawn: Mapping[int, int]) -> list[DrawnFace]:
    """The faces so mixed that each beginning of the list has all strata in proportion to the faces drawn."""
    return sorted(faces, key=lambda face: ((face.place + 0.5) / drawn[face.stratum], face.stratum))


class PhotoDraw:
    """Draws up to `photos` photos of a job, each alike, with and without faces; add its files in order."""

    def __init__(self, *, seed: int, photos: int) -> None:
        self._seed, self._photos = seed, photos
        #: Random number and first position of the photos with the smallest numbers, by photo id.
        self._kept: dict[int, tuple[int, int]] = {}
        #: Photos with larger numbers are in no sample.
        self._largest = 2**64 - 1
        self._files = 0

    def add(self, photos: Sequence[tuple[int, int]]) -> None:
        """Add files as (position, photo id); a photo that the job lists often counts once."""
        self._files += len(photos)
        if not self._photos or not photos:
            return
        numbers = random_numbers(self._seed, np.array(photos, np.int64)[:, 1])
        for place in np.flatnonzero(numbers <= np.uint64(self._largest)).tolist():
            position, photo_id = photos[place]
            self._kept.setdefault(photo_id, (int(numbers[place]), position))
        if len(self._kept) > 2 * self._photos:
            self._cut()

    def _cut(self) -> None:
        smallest = sorted(self._kept.items(), key=lambda item: item[1])[: self._photos]
        self._kept = dict(smallest)
        if smallest and len(smallest) == self._photos:
            self._largest = smallest[-1][1][0]

    def draw(self) -> list[DrawnPhoto]:
        """The drawn photos in their random order."""
        self._cut()
        chosen = [(photo_id, position) for photo_id, (_, position) in self._kept.items()]
        chance = min(1.0, len(chosen) / max(1, self._files))
        return [
            DrawnPhoto(photo_id=photo_id, position=position, place=place, chance=chance)
            for place, (photo_id, position) in enumerate(chosen)
        ]
