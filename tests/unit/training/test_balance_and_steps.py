"""Weights of labels, and how far a training is."""

import numpy as np
import pytest

from core.errors import InputError
from core.training.folder import check_enough
from core.training.network.batches import MAX_RATIO, balanced_sampling, label_weights
from core.training.progress import Part, StepPlan


def test_rare_labels_weigh_more_but_not_without_limit() -> None:
    labels = np.array([0] * 100 + [1] * 25 + [2] * 1)
    weights = label_weights(labels)
    assert weights[3] == 0
    assert weights[1] / weights[0] == pytest.approx(2)
    assert weights[2] / weights[0] == pytest.approx(MAX_RATIO)
    assert weights[labels].mean() == pytest.approx(1)


def test_drawn_masks_are_drawn_less_often() -> None:
    labels, drawn = np.array([0, 0, 2, 2]), np.array([False, False, False, True])
    weights = balanced_sampling(labels, drawn)
    assert weights.sum() == pytest.approx(1)
    assert weights[3] == pytest.approx(weights[2] / 2)


def test_steps_grow_from_part_to_part() -> None:
    plan = StepPlan.of(640, fine_tune_epochs=3)
    told = [plan.done(part, share) for part in Part for share in (0.0, 0.5, 1.0)]
    assert told == sorted(told) and told[0] == 0 and told[-1] == plan.total == 60 + 30
    assert plan.part(plan.done(Part.FINE_TUNE, 0.5)) is Part.FINE_TUNE
    assert StepPlan.of(640, fine_tune_epochs=0).part(40) is Part.EVALUATE


def test_too_small_a_dataset_is_refused() -> None:
    train, both = np.array(["train", "train"]), np.array(["train", "train", "validation"])
    with pytest.raises(InputError, match="fewer than two labels"):
        check_enough(np.array([1, 1, 0]), both)
    with pytest.raises(InputError, match="no validation face"):
        check_enough(np.array([0, 1]), train)
    check_enough(np.array([0, 1, 1]), both)
