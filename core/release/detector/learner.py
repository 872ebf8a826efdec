"""The one-pass detector as something that a fit can train."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.detection.grid import patches
from core.release.detector.losses import Targets, detector_loss, make_cells
from core.release.detector.network import BLOCKS, WIDTHS, build_network
from core.training.detector.fit import FitRecipe
from core.training.detector.mosaics import DetectorBatch


@dataclass(frozen=True, kw_only=True)
class DetectorRecipe(FitRecipe):
    """Hyperparameters that a resumed fit may not change."""

    widths: tuple[int, int, int] = WIDTHS
    blocks: tuple[int, int, int] = BLOCKS


class OnePassLearner:
    """An untrained network with the weights of the recipe's seed, and its averaged copy."""

    parts = ("loss", "score", "box", "label")

    def __init__(self, recipe: DetectorRecipe) -> None:
        keras.utils.set_random_seed(recipe.seed)
        self.network = build_network(recipe.widths, recipe.blocks)
        self.averaged = build_network(recipe.widths, recipe.blocks)
        self._cells = make_cells(recipe.side, recipe.side)

    def arrays(self, batch: DetectorBatch) -> tuple[NDArray[Any], ...]:
        """Patches int8 (b, h, w, 192), faces, labels, ignored boxes."""
        cells = np.stack([patches(picture) for picture in batch.pictures])
        return cells, batch.faces, batch.labels, batch.ignored

    def loss(self, *tensors: tf.Tensor) -> Mapping[str, tf.Tensor]:
        """The parts of the loss of a batch."""
        cells, faces, labels, ignored = tensors
        outputs = self.network(tf.cast(cells, tf.float32) / 128, training=True)
        return detector_loss(outputs, Targets(faces=faces, labels=labels, ignored=ignored), self._cells)
