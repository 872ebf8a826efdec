"""Scores are lowered until no more false faces remain than before a training."""

import pytest

from core.training.detector.calibration import calibrating_shift


def test_scores_are_lowered_until_no_more_false_faces_remain() -> None:
    def false_faces(shift: float) -> float:
        return 4 + 2 * shift

    shift = calibrating_shift(false_faces, 1.0)
    assert false_faces(shift) <= 1.0 and shift == pytest.approx(-1.5, abs=0.1)
    assert calibrating_shift(false_faces, 9.0) == 0.0, "as it is, there are fewer"
