"""The recipe of most tutorials, for comparison: a frozen backbone, and files split one by one."""

import time
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from core.training.network.network import build_network, build_variables, load_imagenet
from models.label import Label

SIDE = 224
_BATCH = 32
_RATE = 1e-4
_UNITS = 256
_DROPOUT = 0.5
#: Share of validation files, chosen file by file, so near-duplicates are on both sides.
_VALIDATION = 0.2
_PATIENCE = 5


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """The fitted model, its accuracy on its own validation files, and how long it took."""

    model: keras.Model
    accuracy: float
    validation_faces: int
    epochs: int
    seconds: float


def fit_baseline(
    crops: NDArray[np.uint8], labels: NDArray[np.int64], weights: Path, *, epochs: int, seed: int
) -> Baseline:
    """Fit on crops uint8 (n, 224, 224, 3) and labels (n,); `weights` are MobileNetV2's from ImageNet."""
    began = time.perf_counter()
    keras.utils.set_random_seed(seed)
    order = np.random.default_rng(seed).permutation(len(crops))
    held = round(len(order) * _VALIDATION)
    validating, training = order[:held], order[held:]
    model = _model(weights)
    history = model.fit(
        crops[training],
        labels[training],
        validation_data=(crops[validating], labels[validating]),
        batch_size=_BATCH,
        epochs=epochs,
        verbose=2,
        callbacks=[keras.callbacks.EarlyStopping(patience=_PATIENCE, restore_best_weights=True)],
    ).history
    best = int(np.argmin(history["val_loss"]))
    return Baseline(
        model=model,
        accuracy=float(history["val_accuracy"][best]),
        validation_faces=held,
        epochs=len(history["loss"]),
        seconds=time.perf_counter() - began,
    )


def predict_baseline(model: keras.Model, crops: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Probabilities (n, 4) of crops (n, 224, 224, 3), in the order of `Label`."""
    return np.asarray(model.predict(crops, batch_size=_BATCH, verbose=0), np.float64)


def _model(weights: Path) -> keras.Model:
    network = build_network(SIDE)
    load_imagenet(network, weights)
    network.get_layer("backbone").trainable = False
    hidden = keras.layers.Dense(_UNITS, activation="relu")(network.get_layer("dropout").input)
    dropped = keras.layers.Dropout(_DROPOUT)(hidden)
    answers = keras.layers.Dense(len(Label), activation="softmax")(dropped)
    model = keras.Model(network.input, answers)
    model.compile(keras.optimizers.Adam(_RATE), "sparse_categorical_crossentropy", metrics=["accuracy"])
    build_variables(model, labels=(1,))
    return model
