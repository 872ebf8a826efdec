"""The first stage: train the last layer alone, on cached features of the backbone."""

from collections.abc import Iterator
from dataclasses import dataclass

import keras
import numpy as np
from keras import KerasTensor
from numpy.typing import NDArray

from core.training.features import FEATURES
from core.training.metrics import ValidationMetrics, validate
from core.training.network.batches import label_weights
from core.training.stage import Batch, Stage
from models.label import Label
from models.training_epoch import TrainingStage

_BATCH = 128
_RATE = 1e-3
_DROPOUT = 0.3
#: Strength of the pull towards the starting weights, so that a few faces do not undo what many taught.
_L2SP = 1e-3


@dataclass(frozen=True, kw_only=True)
class FaceFeatures:
    """Features float32 (n, 1280) and labels (n,)."""

    rows: NDArray[np.float32]
    labels: NDArray[np.int64]


class L2ToStart(keras.regularizers.Regularizer):
    """Penalty on the squared distance from the starting weights (L2-SP, Li, Grandvalet and Davoine 2018)."""

    def __init__(self, start: NDArray[np.float32], strength: float) -> None:
        self._start, self._strength = keras.ops.convert_to_tensor(start), strength

    def __call__(self, weights: KerasTensor) -> KerasTensor:
        """Compute the penalty."""
        return self._strength * keras.ops.sum(keras.ops.square(weights - self._start))


def head_stage(
    network: keras.Model,
    training: FaceFeatures,
    validation: FaceFeatures,
    *,
    epochs: int,
    patience: int,
    seed: int,
) -> Stage:
    """The stage that fits a copy of the network's last layer; `copy_head` copies it back."""
    model = _model(network)
    weights = label_weights(training.labels)
    order = np.arange(len(training.labels))

    def batches(number: int) -> Iterator[Batch]:
        shuffled = np.random.default_rng([seed, number]).permutation(order)
        for start in range(0, len(shuffled), _BATCH):
            some = shuffled[start : start + _BATCH]
            labels = training.labels[some]
            one_hot = np.eye(len(Label), dtype=np.float32)[labels]
            yield training.rows[some], one_hot, weights[labels].astype(np.float32)

    def validate_head() -> ValidationMetrics:
        logits = np.asarray(model.predict(validation.rows, batch_size=1024, verbose=0))
        return validate(logits, validation.labels, weights)

    return Stage(
        kind=TrainingStage.HEAD,
        model=model,
        epochs=epochs,
        steps=-(-len(order) // _BATCH),
        patience=patience,
        rate=_RATE,
        batches=batches,
        validate=validate_head,
    )


def copy_head(head: keras.Model, network: keras.Model) -> None:
    """Copy the fitted last layer into the network."""
    network.get_layer("logits").set_weights(head.get_layer("logits").get_weights())


def _model(network: keras.Model) -> keras.Model:
    kernel, bias = network.get_layer("logits").get_weights()
    model = keras.Sequential(
        [
            keras.layers.Input((FEATURES,)),
            keras.layers.Dropout(_DROPOUT),
            keras.layers.Dense(len(Label), kernel_regularizer=L2ToStart(kernel, _L2SP), name="logits"),
        ]
    )
    model.get_layer("logits").set_weights([kernel, bias])
    loss = keras.losses.CategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(_RATE), loss=loss, metrics=["accuracy"])
    return model
