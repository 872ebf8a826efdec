"""Datasets that are too small to train on."""

import numpy as np
import pytest

from core.errors import InputError
from core.training.folder import check_enough


def test_too_small_a_dataset_is_refused() -> None:
    train, both = np.array(["train", "train"]), np.array(["train", "train", "validation"])
    with pytest.raises(InputError, match="fewer than two labels"):
        check_enough(np.array([1, 1, 0]), both)
    with pytest.raises(InputError, match="no validation face"):
        check_enough(np.array([0, 1]), train)
    check_enough(np.array([0, 1, 1]), both)
