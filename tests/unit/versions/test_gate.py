"""The gate: macro F1 must rise, and no F1 of a label may fall by more than the margin."""

import pytest

from core.versions.gate import check_gate

FACES = {"with_mask": 400, "without_mask": 300, "incorrect": 40, "not_a_face": 0}
CHAMPION = {"with_mask": 0.95, "without_mask": 0.94, "incorrect": 0.80, "not_a_face": None}


@pytest.mark.parametrize(
    ("candidate", "macro", "passed"),
    [
        ({"with_mask": 0.96, "without_mask": 0.94, "incorrect": 0.85}, (0.897, 0.917), True),
        # A label may fall within the margin.
        ({"with_mask": 0.941, "without_mask": 0.94, "incorrect": 0.85}, (0.897, 0.91), True),
        ({"with_mask": 0.93, "without_mask": 0.99, "incorrect": 0.95}, (0.897, 0.957), False),
        ({"with_mask": 0.95, "without_mask": 0.94, "incorrect": 0.80}, (0.897, 0.897), False),
        # A label that the candidate has no F1 for has fallen.
        ({"with_mask": 0.99, "without_mask": 0.99, "incorrect": None}, (0.897, 0.99), False),
    ],
)
def test_gate_results(candidate: dict[str, float | None], macro: tuple[float, float], passed: bool) -> None:
    result = check_gate(CHAMPION, candidate, faces=FACES, macro=macro, margin=0.01)
    assert result.passed is passed
    assert bool(result.reasons) is not passed


def test_reasons_name_the_labels_that_fell() -> None:
    candidate = {"with_mask": 0.90, "without_mask": 0.94, "incorrect": 0.70}
    result = check_gate(CHAMPION, candidate, faces=FACES, macro=(0.897, 0.85))
    assert len(result.reasons) == 3
    assert "with_mask fell from 0.950 to 0.900" in result.reasons[0]
    assert "did not rise" in result.reasons[-1]


def test_a_reason_from_too_few_faces_has_no_number() -> None:
    candidate = {"with_mask": 0.95, "without_mask": 0.94, "incorrect": 0.70}
    result = check_gate(CHAMPION, candidate, faces=FACES | {"incorrect": 12}, macro=(0.897, 0.9))
    assert not result.passed
    assert "12 test faces are too few to say by how much" in result.reasons[0]
    assert "0.7" not in result.reasons[0]
