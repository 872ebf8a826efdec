"""Populations with a known share, and random audits of them, for the coverage benchmark."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.coverage_faces import LabelledFaces
from core.audit.strata import STRATA, stratum_number
from core.estimates.allocation import allocate
from core.estimates.evidence import AuditedFace, Evidence, PopulationCell
from core.estimates.interval import PEOPLE
from models.label import Label

#: Faces of a population, with those predicted as no face; photos are drawn until there are as many.
POPULATION = 4000
_LABELS = tuple(Label)
_NO_FACE = _LABELS.index(Label.NOT_A_FACE)
_PLACES = {stratum.name: place for place, stratum in enumerate(STRATA)}
_MASK = _LABELS.index(Label.WITH_MASK)

Probabilities = NDArray[np.float64]
#: Changes the probabilities (n, 4) of faces, given the number of each face's photo (n,).
Shift = Callable[[Probabilities, NDArray[np.int64], np.random.Generator], Probabilities]


@dataclass(frozen=True, kw_only=True)
class Population:
    """The n faces that a job found, with what people would say of each."""

    #: int64 (n,): place in STRATA, true label as its place in `Label`, photo.
    stratum: NDArray[np.int64]
    truth: NDArray[np.int64]
    photos: NDArray[np.int64]
    #: float64 (n,): probability of the predicted label.
    confidence: NDArray[np.float64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """The true shares of PEOPLE, float64 (3,)."""
        counts = np.bincount(self.truth, minlength=len(_LABELS))[: len(PEOPLE)]
        return np.asarray(counts / max(counts.sum(), 1))

    @property
    def cells(self) -> tuple[PopulationCell, ...]:
        """Counts by stratum, as a job's audit sample has them."""
        return tuple(
            PopulationCell(
                stratum=STRATA[place].name,
                predicted=STRATA[place].predicted,
                faces=int(chosen.sum()),
                confidence=float(self.confidence[chosen].mean()),
            )
            for place in np.unique(self.stratum).tolist()
            if (chosen := self.stratum == place).any()
        )


def draw_population(
    faces: LabelledFaces, share: float, rng: np.random.Generator, shift: Shift | None = None
) -> Population:
    """Draw photos with replacement so that about `share` of the people wear a mask."""
    photos = _draw_photos(faces, share, rng)
    by_photo = np.argsort(faces.photos, kind="stable")
    starts = np.searchsorted(faces.photos[by_photo], photos, side="left")
    ends = np.searchsorted(faces.photos[by_photo], photos, side="right")
    rows = np.concatenate([by_photo[low:high] for low, high in zip(starts, ends, strict=True)])
    numbers = np.repeat(np.arange(len(photos)), ends - starts)
    probabilities = faces.probabilities[rows]
    if shift is not None:
        probabilities = shift(probabilities, numbers, rng)
    confidence = probabilities.max(axis=1)
    predicted = probabilities.argmax(axis=1).tolist()
    pairs = zip(predicted, confidence.tolist(), strict=True)
    return Population(
        stratum=np.array([stratum_number(_LABELS[label], sure) for label, sure in pairs], np.int64),
        truth=faces.truth[rows],
        photos=numbers,
        confidence=confidence,
    )


def draw_audit(population: Population, faces: int, rng: np.random.Generator) -> Evidence:
    """Draw `faces` at random, stratified by predicted label and sureness, and say what each is."""
    cells = population.cells
    audited: list[AuditedFace] = []
    for cell, count in zip(cells, allocate(cells, faces), strict=True):
        members = np.flatnonzero(population.stratum == _PLACES[cell.stratum])
        drawn = rng.choice(members, count, replace=False)
        audited += [_audited(population, int(face), cell, count / len(members)) for face in drawn]
    return Evidence(population=cells, audited=tuple(audited))


def split_groups(
    population: Population, evidence: Evidence, count: int
) -> Iterator[tuple[Population, Evidence]]:
    """Each of `count` groups of photos, with what an audit of the whole job says of it."""
    for group in range(count):
        chosen = population.photos % count == group
        part = Population(**{name: column[chosen] for name, column in vars(population).items()})
        audited = tuple(face for face in evidence.audited if face.photo % count == group)
        yield part, Evidence(population=part.cells, audited=audited)


def wilson_alone(
    population: Population, faces: int, rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The ends (3,) of Wilson's intervals from a plain random sample: an audit without predictions."""
    drawn = population.truth[rng.choice(len(population.truth), faces, replace=False)]
    counts = np.bincount(drawn, minlength=len(_LABELS))[: len(PEOPLE)].astype(float)
    whole = max(counts.sum(), 1.0)
    left = max(1 - faces / len(population.truth), 1e-9)
    size, z = whole / left, 1.959964
    share = counts / whole
    middle = (share + z**2 / (2 * size)) / (1 + z**2 / size)
    half = z / (1 + z**2 / size) * np.sqrt(share * (1 - share) / size + z**2 / (4 * size**2))
    return middle - half, middle + half


def biased(
    probabilities: Probabilities, photos: NDArray[np.int64], rng: np.random.Generator
) -> Probabilities:
    """A classifier that is too ready to see a mask, and sure of it."""
    del photos, rng
    logits = np.log(np.maximum(probabilities, 1e-6)) * 0.7
    logits[:, _MASK] += 2.5
    return _softmax(logits)


def night(probabilities: Probabilities, photos: NDArray[np.int64], rng: np.random.Generator) -> Probabilities:
    """A classifier that fails in one photo of five: half of the masks there are not seen."""
    dark = rng.random(int(photos.max()) + 1) < 0.2
    fails = dark[photos] & (rng.random(len(photos)) < 0.5)
    logits = np.log(np.maximum(probabilities, 1e-6))
    logits[fails, _MASK] -= 6
    return _softmax(logits)


SHIFTS: dict[str, Shift | None] = {"shipped": None, "biased": biased, "night": night}


def _draw_photos(faces: LabelledFaces, share: float, rng: np.random.Generator) -> NDArray[np.int64]:
    """Numbers of photos; those with many or few masks are drawn more often, as `share` needs."""
    numbers, place = np.unique(faces.photos, return_inverse=True)
    masks = np.bincount(place, faces.truth == _MASK, minlength=len(numbers))
    people = np.bincount(place, faces.truth != _NO_FACE, minlength=len(numbers))
    chances = _tilted(masks.astype(float), people.astype(float), share)
    size = max(float(chances @ np.bincount(place, minlength=len(numbers))), 1e-9)
    return np.asarray(numbers[rng.choice(len(numbers), round(POPULATION / size), p=chances)])


def _tilted(masks: NDArray[np.float64], people: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Chances of the photos, with which about `share` of the people drawn wear a mask."""
    own = masks / np.maximum(people, 1)
    low, high = -40.0, 40.0
    for _ in range(60):
        middle = (low + high) / 2
        weights = np.exp(middle * (own - own.mean()))
        low, high = (middle, high) if weights @ masks < share * (weights @ people) else (low, middle)
    return np.asarray(weights / weights.sum())


def _audited(population: Population, face: int, cell: PopulationCell, chance: float) -> AuditedFace:
    return AuditedFace(
        stratum=cell.stratum,
        photo=int(population.photos[face]),
        predicted=cell.predicted,
        decided=_LABELS[population.truth[face]],
        chance=chance,
    )


def _softmax(logits: Probabilities) -> Probabilities:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
