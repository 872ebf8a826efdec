"""How narrow an interval gets with more audited faces, and how long they take."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates.allocation import allocate_faces
from core.estimates.counts import AuditCounts, count_audit
from core.estimates.evidence import Evidence
from core.estimates.interval import share_intervals
from core.estimates.problem import missing_faces
from core.estimates.shares import decided_totals
from models.label import Label

#: Draws of the posterior for a plan, which promises whole points and not tenths.
_DRAWS = 1000
#: Faces that the mean confidence of a stratum is worth when its errors are foreseen.
_CONFIDENCE_FACES = 1.0
#: The least frequency of a label that is expected among wrong predictions.
_RARE = 0.01


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The interval of one label that is expected after `more` audited faces; shares are 0 to 1."""

    label: Label
    more: int
    low: float
    high: float
    #: How long the faces take the reviewer; None where the pace is unknown.
    seconds: float | None = None

    @property
    def half_width(self) -> float:
        """Half the length of the interval."""
        return (self.high - self.low) / 2


class Planner:
    """Plans of one audit: what more faces would give if they are like those audited so far.

    Before the first audited face, the mean confidence of each stratum stands for them.
    """

    def __init__(self, evidence: Evidence, *, seconds_per_face: float | None = None) -> None:
        self._counts = count_audit(evidence)
        self._decided = decided_totals(evidence)
        self._seconds = seconds_per_face
        #: Undecided faces that are not audited, the most that can be planned for.
        self.left = int(self._counts.unknown.sum())
        #: Faces without which no interval is given.
        self.missing = missing_faces(evidence)

    def plan(self, label: Label, more: int) -> Plan:
        """What `more` audited faces are expected to give, at most all that are left."""
        more = min(more, self.left)
        [(low, high)] = share_intervals(self._with(more), self._decided, labels=[label], draws=_DRAWS)
        seconds = None if self._seconds is None else more * self._seconds
        return Plan(label=label, more=more, low=low, high=high, seconds=seconds)

    def faces_for_half_width(self, label: Label, half_width: float) -> Plan:
        """The fewest more faces whose interval is at most plus or minus `half_width` (0.02: two points)."""
        return self.fewest(label, lambda plan: plan.half_width <= half_width)

    def fewest(self, label: Label, is_enough: Callable[[Plan], bool], *, at_least: int = 0) -> Plan:
        """The plan with the fewest faces that is enough; all faces that are left where none is."""
        least, most = min(max(self.missing, at_least), self.left), self.left
        while least < most:
            middle = (least + most) // 2
            if is_enough(self.plan(label, middle)):
                most = middle
            else:
                least = middle + 1
        return self.plan(label, most)

    def _with(self, more: int) -> AuditCounts:
        """The counts after `more` faces with the labels that are expected of them."""
        counts = self._counts
        drawn = counts.audited.sum(axis=1)
        expected = _expected_shares(counts)
        doubts = np.array(
            [1 - expected[row, place] for row, place in enumerate(counts.predicted)], np.float64
        )
        added = allocate_faces(counts.faces, doubts, drawn, more)
        worth = np.divide(counts.effective, drawn, out=np.ones_like(drawn), where=drawn > 0)
        effective = counts.effective + added * worth
        blended = counts.shares * counts.effective[:, None] + expected * (added * worth)[:, None]
        return AuditCounts(
            predicted=counts.predicted,
            confidence=counts.confidence,
            faces=counts.faces,
            audited=counts.audited + expected * added[:, None],
            shares=blended / np.maximum(effective, 1e-12)[:, None],
            effective=effective,
        )


def _expected_shares(counts: AuditCounts) -> NDArray[np.float64]:
    """What people are expected to say of the faces of each cell, float64 (c, 5).

    A wrong prediction is expected to be one of the other labels as often as these are predicted.
    """
    labels = counts.audited.shape[1] - 1
    predicted = np.bincount(counts.predicted, counts.faces, minlength=labels)[:labels]
    others = np.tile(predicted + _RARE * counts.faces.sum(), (len(counts.faces), 1))
    foreseen = np.zeros_like(counts.audited)
    for row, (place, confidence) in enumerate(zip(counts.predicted, counts.confidence, strict=True)):
        others[row, place : place + 1] = 0
        foreseen[row, :labels] = (1 - confidence) * others[row] / max(others[row].sum(), 1.0)
        foreseen[row, place] += confidence
    seen = counts.audited + _CONFIDENCE_FACES * foreseen
    return np.asarray(seen / np.maximum(seen.sum(axis=1, keepdims=True), 1e-12))
