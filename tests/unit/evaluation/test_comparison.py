"""McNemar's test, against known values and against counts over all faces."""

import numpy as np
import pytest

from core.evaluation.comparison import compare_predictions, mcnemar


@pytest.mark.parametrize(
    ("gained", "lost", "p_value"),
    # From the binomial distribution: 2 * P(X <= 2 | n = 12, p = 1/2) and so on.
    [(0, 0, 1.0), (10, 2, 0.03857), (5, 5, 1.0), (0, 6, 0.03125), (560, 480, 0.01426), (0, 100_000, 0.0)],
)
def test_mcnemar(gained: int, lost: int, p_value: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p_value, rel=3e-3, abs=1e-12)
    assert mcnemar(gained, lost) == mcnemar(lost, gained)


def test_gains_and_losses_equal_a_count_over_all_faces() -> None:
    """The counts by label and both predictions give the same as the faces themselves."""
    rng = np.random.default_rng(4)
    labels, one, other = rng.integers(0, 4, (3, 500))
    joint = np.zeros((4, 4, 4), np.int64)
    np.add.at(joint, (labels, one, other), 1)
    test = compare_predictions(joint)
    gained = int(((one != labels) & (other == labels)).sum())
    lost = int(((one == labels) & (other != labels)).sum())
    assert (test.faces, test.gained, test.lost) == (500, gained, lost)
    assert test.p_value == mcnemar(gained, lost)
