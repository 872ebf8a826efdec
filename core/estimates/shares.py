"""Raw and corrected shares of labels among people, with 95% intervals, for a job and for its groups."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.estimates.counts import COLUMNS, Floats, count_audit
from core.estimates.evidence import DecidedCell, Evidence, PopulationCell
from core.estimates.interval import PEOPLE as PEOPLE
from core.estimates.interval import people_shares, share_intervals
from core.estimates.problem import find_problem
from models.label import Label


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
    counts, decided, problem = count_audit(evidence), decided_totals(evidence), find_problem(evidence)
    intervals = None if problem else share_intervals(counts, decided)
    return describe_shares(evidence, decided + counts.estimated, intervals, problem)


def describe_shares(
    evidence: Evidence, estimated: Floats, intervals: list[tuple[float, float]] | None, problem: str | None
) -> Estimate:
    """The estimate with totals (5,) of COLUMNS and the intervals of PEOPLE, None where there is a problem."""
    raw, corrected = people_shares(raw_totals(evidence)), people_shares(estimated)
    if not evidence.audited and evidence.population:
        corrected = np.full(len(PEOPLE), np.nan)
    if np.isnan(corrected).any() and not problem:
        problem = "nobody to count"
    shares = {
        label.value: Share(
            raw=_known(raw[place]),
            corrected=_known(corrected[place]),
            low=None if problem or intervals is None else intervals[place][0],
            high=None if problem or intervals is None else intervals[place][1],
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


def raw_totals(evidence: Evidence) -> Floats:
    """Faces by predicted label, float64 (5,)."""
    totals = np.zeros(len(COLUMNS))
    cells: list[PopulationCell | DecidedCell] = [*evidence.population, *evidence.decided]
    for cell in cells:
        if cell.predicted is not None:
            totals[COLUMNS.index(cell.predicted)] += cell.faces
    return totals


def decided_totals(evidence: Evidence) -> Floats:
    """Faces decided outside the audit by what people said, float64 (5,)."""
    totals = np.zeros(len(COLUMNS))
    for cell in evidence.decided:
        totals[COLUMNS.index(cell.decided)] += cell.faces
    return totals


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
