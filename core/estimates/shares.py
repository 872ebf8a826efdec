"""Raw and corrected shares of labels among people, with 95% intervals, for a job and for its groups."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates.evidence import DecidedCell, Evidence, PopulationCell
from core.estimates.posterior import count_audit, draw_totals, mean_totals
from core.estimates.problem import find_problem
from models.label import CHOICES, Label

#: The labels of people, in the order of reports.
PEOPLE = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT)
_PEOPLE = [CHOICES.index(label) for label in PEOPLE]
#: The ends of the 95% interval.
QUANTILES = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class Share:
    """The share of one label among people; faces that are none, and that nobody can tell, do not count.

    Shares are 0 to 1, None where there is nobody to count. `low` and `high` are None exactly where
    `problem` says why.
    """

    #: As predicted.
    raw: float | None
    #: As estimated from the audit and the decided faces; None while no face is audited.
    corrected: float | None
    low: float | None
    high: float | None
    #: All faces of the job or group.
    faces: int
    #: Audited faces among them.
    audited: int
    #: Why there is no interval, such as "too few audited faces: 40 more".
    problem: str | None = None

    @property
    def half_width(self) -> float | None:
        """Half the length of the interval."""
        return None if self.low is None or self.high is None else (self.high - self.low) / 2


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """The shares of the three labels of people."""

    with_mask: Share
    without_mask: Share
    incorrect: Share

    def of(self, label: Label) -> Share:
        """The share of one of PEOPLE."""
        return {
            Label.WITH_MASK: self.with_mask,
            Label.WITHOUT_MASK: self.without_mask,
            Label.INCORRECT: self.incorrect,
        }[label]

    def __iter__(self) -> Iterator[tuple[Label, Share]]:
        return iter([(label, self.of(label)) for label in PEOPLE])


def estimate_shares(evidence: Evidence) -> Estimate:
    """The shares of a whole job, or of whatever faces `evidence` holds."""
    counts = count_audit(evidence)
    decided = decided_totals(evidence)
    nothing_known = not evidence.audited and bool(counts.unknown.any())
    corrected = (
        people_shares(decided + mean_totals(counts)) if not nothing_known else np.full(len(PEOPLE), np.nan)
    )
    drawn = people_shares(decided + draw_totals(counts))
    return describe_shares(evidence, corrected, drawn, find_problem(evidence))


def describe_shares(
    evidence: Evidence, corrected: NDArray[np.float64], drawn: NDArray[np.float64], problem: str | None
) -> Estimate:
    """The estimate with corrected shares (3,) of PEOPLE and the interval of drawn ones (draws, 3)."""
    raw = people_shares(raw_totals(evidence))
    low, high = _interval(drawn)
    if not problem and np.isnan(corrected).any():
        problem = "nobody to count"
    shares = {
        label.value: Share(
            raw=_known(raw[place]),
            corrected=_known(corrected[place]),
            low=None if problem else _known(low[place]),
            high=None if problem else _known(high[place]),
            faces=evidence.faces,
            audited=len(evidence.audited),
            problem=problem,
        )
        for place, label in enumerate(PEOPLE)
    }
    return Estimate(**shares)


def estimate_groups(evidence: Evidence) -> dict[str, Estimate]:
    """The shares of each group, by its name."""
    return {group: estimate_shares(evidence.of_group(group)) for group in evidence.groups}


def people_shares(totals: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares (..., 3) of PEOPLE from totals (..., 5) of CHOICES; NaN where there are no people."""
    people = totals[..., _PEOPLE]
    sums = people.sum(axis=-1, keepdims=True)
    return np.divide(people, sums, out=np.full(people.shape, np.nan), where=sums > 0)


def raw_totals(evidence: Evidence) -> NDArray[np.float64]:
    """Faces by predicted label, float64 (5,)."""
    totals = np.zeros(len(CHOICES))
    cells: list[PopulationCell | DecidedCell] = [*evidence.population, *evidence.decided]
    for cell in cells:
        if cell.predicted is not None:
            totals[CHOICES.index(cell.predicted)] += cell.faces
    return totals


def decided_totals(evidence: Evidence) -> NDArray[np.float64]:
    """Faces decided outside the audit by what people said, float64 (5,)."""
    totals = np.zeros(len(CHOICES))
    for cell in evidence.decided:
        totals[CHOICES.index(cell.decided)] += cell.faces
    return totals


def _interval(shares: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    known = shares[~np.isnan(shares[:, 0])]
    if not len(known):
        nothing = np.full(len(PEOPLE), np.nan)
        return nothing, nothing
    low, high = np.quantile(known, QUANTILES, axis=0)
    return low, high


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
