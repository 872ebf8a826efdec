"""A detector's metrics on photos whose faces are all boxed."""

import numpy as np
import pytest

from core.detectors.measure import Seen, metrics_of


def seen(
    truth: list[list[float]], detected: list[list[float]], scores: list[float], ignored: list[list[float]]
) -> Seen:
    return Seen(
        truth=np.array(truth, np.float32).reshape(-1, 4),
        ignored=np.array(ignored, np.float32).reshape(-1, 4),
        detected=np.array(detected, np.float32).reshape(-1, 4),
        scores=np.array(scores, np.float32),
        seconds=0.02,
    )


FACE, LARGE, FAR = [0.0, 0.0, 20.0, 20.0], [100.0, 0.0, 240.0, 140.0], [300.0, 300.0, 340.0, 340.0]


def test_recall_is_by_size_and_false_faces_by_photo() -> None:
    found = metrics_of([seen([FACE, LARGE], [FACE, FAR], [0.9, 0.8], []), seen([FACE], [], [], [])])
    assert found.recall == pytest.approx(1 / 3, abs=1e-4)
    sizes = {each.name: (each.faces, each.recall) for each in found.sizes}
    assert sizes["16 to 32 px"] == (2, 0.5) and sizes["128 px and more"] == (1, 0.0)
    assert sizes["32 to 64 px"] == (0, None)
    assert (found.false_faces, found.milliseconds) == (0.5, 20.0)


def test_a_box_that_fits_loosely_counts_at_0_3_alone() -> None:
    loose = [0.0, 0.0, 20.0, 48.0]
    found = metrics_of([seen([FACE], [loose], [0.9], [])])
    assert (found.ap_03, found.ap_05) == (1.0, 0.0)


def test_what_nobody_decided_about_is_no_false_face() -> None:
    assert metrics_of([seen([FACE], [FACE, FAR], [0.9, 0.8], [FAR])]).false_faces == 0
    # A doubtful box is below the score that jobs show.
    assert metrics_of([seen([FACE], [FACE, FAR], [0.9, 0.2], [])]).false_faces == 0


def test_photos_without_faces_have_no_ap() -> None:
    found = metrics_of([seen([], [FAR], [0.9], [])])
    assert (found.ap_05, found.recall, found.false_faces) == (None, None, 1.0)
