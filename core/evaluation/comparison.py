"""Compare two versions on the same test faces: McNemar's test and the gate."""

from dataclasses import dataclass
from math import isnan

import numpy as np
from numpy.typing import NDArray

from core.evaluation.confusion import LABELS, f1, macro_f1
from core.versions.gate import GateResult, check_gate


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
    """Two-sided p-value of McNemar's exact test: the binomial test of gains among all changes."""
    if gained + lost == 0:
        return 1.0
    # Loaded by the first comparison: SciPy's statistics take most of a second, and most pages need none.
    from scipy.stats import binomtest

    return float(binomtest(gained, gained + lost).pvalue)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two versions on the test faces that both predicted, and the result of the gate."""

    test: PairedTest
    gate: GateResult


def compare(joint: NDArray[np.int64], *, margin: float) -> Comparison:
    """McNemar's test and the gate, from the counts that `compare_predictions` takes."""
    before, after = joint.sum(axis=2), joint.sum(axis=1)
    macro = float(macro_f1(before)), float(macro_f1(after))
    faces = {label.value: count for label, count in zip(LABELS, before.sum(axis=1).tolist(), strict=True)}
    gate = check_gate(_f1_by_label(before), _f1_by_label(after), faces=faces, macro=macro, margin=margin)
    return Comparison(test=compare_predictions(joint), gate=gate)


def _f1_by_label(confusion: NDArray[np.int64]) -> dict[str, float | None]:
    by_label = zip(LABELS, f1(confusion).tolist(), strict=True)
    return {label.value: None if isnan(value) else value for label, value in by_label}
