"""Compare two versions on the same test faces: McNemar's test and the gate."""

from dataclasses import dataclass
from math import comb, erfc, isnan, sqrt

import numpy as np
from numpy.typing import NDArray

from core.evaluation.confusion import LABELS, f1, macro_f1
from core.versions.gate import GateResult, check_gate

#: Up to this many changed faces the test is exact; above, the normal approximation is accurate enough.
_EXACT = 1000


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """McNemar's test of two versions."""

    faces: int
    #: Faces that only the candidate predicts correctly, and faces that only the champion does.
    gained: int
    lost: int
    #: Probability of gains and losses at least this uneven if both versions were equally good.
    p_value: float


def compare_predictions(joint: NDArray[np.int64]) -> PairedTest:
    """McNemar's test of two versions on the same faces.

    `joint` counts faces by label, champion's prediction and candidate's prediction, int64 (4, 4, 4).
    """
    index = np.arange(joint.shape[0])
    both = joint[index, index, index].sum()
    before, after = joint[index, index].sum() - both, joint[index, :, index].sum() - both
    gained, lost = int(after), int(before)
    return PairedTest(faces=int(joint.sum()), gained=gained, lost=lost, p_value=mcnemar(gained, lost))


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided p-value of McNemar's test: the exact binomial test, or its normal approximation.

    Equals `scipy.stats.binomtest(gained, gained + lost).pvalue`, as a test checks. Pages compute it for any
    two versions, and the web process must not load scipy.
    """
    changes = gained + lost
    if changes == 0:
        return 1.0
    if changes <= _EXACT:
        tail = sum(comb(changes, count) for count in range(min(gained, lost) + 1))
        return min(1.0, 2 * tail / 2**changes)
    distance = max(0.0, abs(gained - lost) - 1) / sqrt(changes)
    return erfc(distance / sqrt(2))


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two versions on the test faces that both predicted, and the result of the gate."""

    test: PairedTest
    gate: GateResult


def compare(joint: NDArray[np.int64], *, margin: float) -> Comparison:
    """McNemar's test and the gate, from the counts that `compare_predictions` takes."""
    before, after = joint.sum(axis=2), joint.sum(axis=1)
    macro = float(macro_f1(before)), float(macro_f1(after))
    gate = check_gate(_f1_by_label(before), _f1_by_label(after), macro=macro, margin=margin)
    return Comparison(test=compare_predictions(joint), gate=gate)


def _f1_by_label(confusion: NDArray[np.int64]) -> dict[str, float | None]:
    by_label = zip(LABELS, f1(confusion).tolist(), strict=True)
    return {label.value: None if isnan(value) else value for label, value in by_label}
