"""The gate: macro F1 must rise, and no label may fall beyond the margin."""

import pytest

from core.versions.gate import check_gate

CHAMPION = {"with_mask": 0.95, "without_mask": 0.94, "incorrect": 0.80, "not_a_face": None}


@pytest.mark.parametrize(
    ("candidate", "macro", "passed"),
    [
        ({"with_mask": 0.96, "without_mask": 0.94, "incorrect": 0.85}, (0.897, 0.917), True),
        # Within the margin a label may fall.
        ({"with_mask": 0.941, "without_mask": 0.94, "incorrect": 0.85}, (0.897, 0.91), True),
        ({"with_mask": 0.93, "without_mask": 0.99, "incorrect": 0.95}, (0.897, 0.957), False),
        ({"with_mask": 0.95, "without_mask": 0.94, "incorrect": 0.80}, (0.897, 0.897), False),
        # A label that the candidate says nothing of has fallen.
        ({"with_mask": 0.99, "without_mask": 0.99, "incorrect": None}, (0.897, 0.99), False),
    ],
)
def test_verdicts(candidate: dict[str, float | None], macro: tuple[float, float], passed: bool) -> None:
    verdict = check_gate(CHAMPION, candidate, macro=macro, margin=0.01)
    assert verdict.passed is passed
    assert bool(verdict.reasons) is not passed


def test_a_verdict_says_which_label_fell() -> None:
    candidate = {"with_mask": 0.90, "without_mask": 0.94, "incorrect": 0.70}
    verdict = check_gate(CHAMPION, candidate, macro=(0.897, 0.85))
    assert len(verdict.reasons) == 3
    assert "with_mask fell from 0.950 to 0.900" in verdict.reasons[0]
    assert "did not rise" in verdict.reasons[-1]
