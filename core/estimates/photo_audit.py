"""Missed and invented faces, estimated from a random sample of photos in which people boxed every face."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from core.estimates.counts import COLUMNS, Floats, count_audit
from core.estimates.evidence import Evidence
from core.estimates.interval import DRAWS, PEOPLE, MoreFaces, share_intervals
from core.estimates.problem import find_problem
from core.estimates.shares import Estimate, decided_totals, describe_shares
from models.label import Label

#: An interval needs this many checked photos, or all photos where there are fewer.
FEWEST_PHOTOS = 50
#: Crowds are rare, and a sample without one says too little of how photos differ (docs/estimates.md).
MOST_FREEDOM = 4.0
#: Pseudo-faces at each end, as in `interval`.
_PRIOR_FACES = 0.5
_PLACES = [COLUMNS.index(label) for label in PEOPLE]


@dataclass(frozen=True, kw_only=True)
class CheckedPhoto:
    """A photo drawn at random in which people boxed every face."""

    #: Faces that were found and that a person's box confirms.
    confirmed: int
    #: Faces that were found and that no person boxed.
    invented: int
    #: Boxes of people that no found face overlaps, by their label.
    missed: Mapping[Label, int]
    #: Boxes that only a face predicted as no face overlaps: no result shows it, but it is undecided, so that
    #: audited faces stand for it too.
    hidden: Mapping[Label, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class PhotoAudit:
    """The checked photos of a job. Raises ValueError where there are more of them than photos."""

    #: Photos of the job that could be checked, with and without faces.
    photos: int
    #: Faces found in all of them.
    faces: int
    checked: tuple[CheckedPhoto, ...]

    def __post_init__(self) -> None:
        if len(self.checked) > self.photos:
            raise ValueError(f"{len(self.checked)} checked photos of {self.photos}")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """A rate, 0 to 1, with its 95% interval; `low` and `high` are None exactly where `problem` says why."""

    value: float | None
    low: float | None
    high: float | None
    #: Checked photos.
    photos: int
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class FinderRates:
    """How often the detector is wrong."""

    #: People in the photos that it missed.
    missed: Rate
    #: Found faces that are none.
    invented: Rate


def estimate_finder(audit: PhotoAudit) -> FinderRates:
    """The rates of missed and invented faces; photos are the units, whatever number of faces they have."""
    confirmed = np.array([photo.confirmed for photo in audit.checked], float)
    invented = np.array([photo.invented for photo in audit.checked], float)
    missed = _missed(audit.checked).sum(axis=1)
    missed += np.array([sum(photo.hidden.values()) for photo in audit.checked], float)
    return FinderRates(
        missed=_rate(audit, missed, confirmed + missed), invented=_rate(audit, invented, confirmed + invented)
    )


def estimate_all_people(evidence: Evidence, audit: PhotoAudit) -> Estimate:
    """The shares among all people in the photos, the missed ones too."""
    counts, decided = count_audit(evidence), decided_totals(evidence)
    missed, faces = _missed(audit.checked), _found(audit.checked)
    estimated = decided + counts.estimated
    estimated[_PLACES] += missed.sum(axis=0) * audit.faces / max(faces.sum(), 1.0)
    few, many = (_missed_totals(audit, missed, faces, prior) for prior in (0.0, _PRIOR_FACES))
    intervals = share_intervals(counts, decided, more=MoreFaces(few=few, many=many))
    return describe_shares(evidence, estimated, intervals, find_problem(evidence) or _problem(audit))


def _missed(checked: Sequence[CheckedPhoto]) -> Floats:
    """Missed faces by photo and label of PEOPLE, float64 (photos, 3)."""
    counts = [[photo.missed.get(label, 0) for label in PEOPLE] for photo in checked]
    return np.array(counts, np.float64).reshape(-1, len(PEOPLE))


def _found(checked: Sequence[CheckedPhoto]) -> Floats:
    """Found faces by photo, float64 (photos,)."""
    return np.array([photo.confirmed + photo.invented for photo in checked], np.float64)


def _missed_totals(audit: PhotoAudit, missed: Floats, faces: Floats, prior: float) -> Floats:
    """Missed faces of PEOPLE in all photos, float64 (draws, 3): those seen, and those of other photos.

    A missed face is a Poisson event per found face, with its variance multiplied by how much photos differ
    (quasi-Poisson).
    """
    rng = np.random.default_rng(2)
    rest = max(audit.faces - float(faces.sum()), 0.0)
    drawn = np.empty((DRAWS, len(PEOPLE)))
    for place, column in enumerate(missed.T):
        spread = _spread(column, faces)
        rate = (
            rng.standard_gamma((column.sum() + prior) / spread, DRAWS) * spread / max(float(faces.sum()), 1.0)
        )
        drawn[:, place] = column.sum() + rate * rest
    return drawn


def _spread(events: Floats, faces: Floats) -> float:
    """How much more the events of m photos vary than those of as many independent faces, at least 1.

    Where most of the variance comes from a few photos, it is itself uncertain: it is widened as Student's t
    is, with Satterthwaite's degrees of freedom, but never by less than MOST_FREEDOM gives.
    """
    if events.sum() == 0 or len(events) < 2:
        return 1.0
    squares = (events - faces * events.sum() / max(float(faces.sum()), 1.0)) ** 2
    freedom = float(squares.sum() ** 2 / max(float((squares**2).sum()), 1e-12))
    spread = float(squares.sum() / events.sum()) * len(events) / (len(events) - 1)
    return max(1.0, spread) * _student_factor(min(max(freedom, 1.5), MOST_FREEDOM))


def _student_factor(freedom: float) -> float:
    """The square of Student's 97.5% point over the normal one, by its series in 1 / freedom (Fisher 1925)."""
    z = 1.959964
    point = z + (z**3 + z) / (4 * freedom) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * freedom**2)
    return (point / z) ** 2


def _rate(audit: PhotoAudit, events: Floats, of: Floats) -> Rate:
    """Events per face; for the ends, faces are worth less the more photos differ."""
    whole, hits = float(of.sum()), float(events.sum())
    value = hits / whole if whole else None
    problem = _problem(audit) or (None if whole else "no faces")
    if problem or value is None:
        return Rate(value=value, low=None, high=None, photos=len(audit.checked), problem=problem)
    if len(audit.checked) == audit.photos:
        return Rate(value=value, low=value, high=value, photos=audit.photos)
    spread = _spread(events, of) * (1 - len(audit.checked) / audit.photos)
    low = _beta_quantile(hits / spread, (whole - hits + _PRIOR_FACES) / spread, 0.025)
    high = _beta_quantile((hits + _PRIOR_FACES) / spread, (whole - hits) / spread, 0.975)
    return Rate(value=value, low=low, high=high, photos=len(audit.checked))


def _beta_quantile(successes: float, failures: float, part: float) -> float:
    """A quantile of a beta distribution; 0 and 1 without successes and without failures."""
    if not successes or not failures:
        return float(successes > 0)
    return float(np.quantile(np.random.default_rng(1).beta(successes, failures, DRAWS), part))


def _problem(audit: PhotoAudit) -> str | None:
    missing = min(FEWEST_PHOTOS, audit.photos) - len(audit.checked)
    return f"too few checked photos: {missing:,} more" if missing > 0 else None
