"""Compare two versions on the same test faces: McNemar's test and the gate."""

from dataclasses import dataclass
from math import comb, erfc, isnan, sqrt

import numpy as np
from numpy.typing import NDArray

from core.evaluation.confusion import LABELS, f1, macro_f1
from core.versions.gate import Verdict, judge

#: Up to so many changes the test is exact; above it the normal approximation is as good.
_EXACT = 1000


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """McNemar's test of two versions."""

    faces: int
    #: Faces that only the candidate predicts correctly, and faces that only the champion does.
    gained: int
    lost: int
    #: Probability of at least so uneven a split of the changes if both versions were equally good.
    p_value: float


def paired_test(joint: NDArray[np.int64]) -> PairedTest:
    """Compare the predictions of two versions.

    `joint` counts faces by label, champion's prediction and candidate's prediction, int64 (4, 4, 4).
    """
    index = np.arange(joint.shape[0])
    both = joint[index, index, index].sum()
    before, after = joint[index, index].sum() - both, joint[index, :, index].sum() - both
    gained, lost = int(after), int(before)
    return PairedTest(faces=int(joint.sum()), gained=gained, lost=lost, p_value=mcnemar(gained, lost))


def mcnemar(gained: int, lost: int) -> float:
    """Two-sided p-value: exact from the binomial distribution, from the normal one for many changes.

    Written out because pages of the web process call it, which must not load scipy.
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
    """Two versions on the test faces that both predicted, and the verdict of the gate."""

    test: PairedTest
    verdict: Verdict


def compare(joint: NDArray[np.int64], *, margin: float) -> Comparison:
    """Test and judge two versions by the counts that `paired_test` takes."""
    before, after = joint.sum(axis=2), joint.sum(axis=1)
    macro = float(macro_f1(before)), float(macro_f1(after))
    verdict = judge(_f1_by_label(before), _f1_by_label(after), macro=macro, margin=margin)
    return Comparison(test=paired_test(joint), verdict=verdict)


def _f1_by_label(confusion: NDArray[np.int64]) -> dict[str, float | None]:
    by_label = zip(LABELS, f1(confusion).tolist(), strict=True)
    return {label.value: None if isnan(value) else value for label, value in by_label}
