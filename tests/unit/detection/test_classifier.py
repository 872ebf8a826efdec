"""The backbone's intermediate tensors."""

import numpy as np
import pytest

from core.detection.classifier import Backbone
from core.errors import PermanentError


def test_features_depend_on_the_picture_alone() -> None:
    backbone = Backbone()
    layer = backbone.feature_map("block_13_expand")
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 255, (2, backbone.side, backbone.side, 3), np.uint8)
    seen = []
    for at in (0, 1, 0):
        backbone.run(pictures[at])
        seen.append((backbone.read(layer), backbone.read(backbone.pooled_features())))
    assert seen[0][0].ndim == 3 and seen[0][1].ndim == 1
    assert all(np.array_equal(first, again) for first, again in zip(seen[0], seen[2], strict=True))
    assert not np.array_equal(seen[0][0], seen[1][0])


def test_a_missing_layer_is_an_error() -> None:
    with pytest.raises(PermanentError, match="no layer block_99"):
        Backbone().feature_map("block_99")
