"""The second stage: train the upper blocks too, on crops with fresh random augmentation in each epoch."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
from numpy.typing import NDArray

from core.training.crops import DRAWN
from core.training.metrics import ValidationMetrics, validate
from core.training.network.batches import TrainingBatches, balanced_sampling, label_weights
from core.training.network.canvas import CanvasStore
from core.training.network.network import train_upper_layers
from core.training.stage import Batch, Stage
from models.training_epoch import TrainingStage

_BATCH = 64
_LABEL_SMOOTHING = 0.05
#: ImageNet's weights have to change a lot; a champion's must not be lost.
RATE_FROM_IMAGENET, RATE_FROM_CHAMPION = 4e-4, 1e-4


@dataclass(frozen=True, kw_only=True)
class ValidationCrops:
    """Crops uint8 (n, side, side, 3) and labels (n,)."""

    crops: NDArray[np.uint8]
    labels: NDArray[np.int64]


def fine_tune_stage(
    network: keras.Model,
    canvases: CanvasStore,
    validation: ValidationCrops,
    *,
    epochs: int,
    patience: int,
    rate: float,
    seed: int,
) -> Stage:
    """The stage that fits the network itself, on batches in which rare labels are sampled more often."""
    train_upper_layers(network)
    loss = keras.losses.CategoricalCrossentropy(from_logits=True, label_smoothing=_LABEL_SMOOTHING)
    network.compile(keras.optimizers.Adam(rate), loss=loss, metrics=["accuracy"])
    drawn = np.char.startswith(canvases.sources, DRAWN)
    source = TrainingBatches(
        canvases,
        side=network.input_shape[1],
        batch=_BATCH,
        seed=seed,
        weights=balanced_sampling(canvases.labels, drawn),
    )
    steps = -(-len(canvases.labels) // _BATCH)
    weights = label_weights(canvases.labels[~drawn])

    def batches(number: int) -> Iterator[Batch]:
        ones = np.ones(_BATCH, np.float32)
        return ((crops, labels, ones) for crops, labels in source.epoch(number, steps))

    def validate_network() -> ValidationMetrics:
        return validate(predict_logits(network, validation.crops), validation.labels, weights)

    return Stage(
        kind=TrainingStage.FINE_TUNE,
        model=network,
        epochs=epochs,
        steps=steps,
        patience=patience,
        rate=rate,
        batches=batches,
        validate=validate_network,
    )


def predict_logits(network: keras.Model, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits (n, 4) of crops uint8 (n, side, side, 3); only one batch is held as float at a time."""
    parts = [
        np.asarray(network.predict_on_batch(crops[start : start + _BATCH].astype(np.float32)))
        for start in range(0, len(crops), _BATCH)
    ]
    return np.concatenate(parts)
