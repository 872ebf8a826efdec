"""Learn the box correction from the boxes that people drew."""

from dataclasses import dataclass

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from core.detection.correction import FEATURES, LARGEST_SHIFT, BoxCorrection, geometry_features
from core.detection.face import overlaps
from core.detection.yunet import BOX

#: IoU at which a candidate belongs to a drawn box; lower than for AP, because YuNet's boxes are uncorrected.
SAME_FACE_OVERLAP = 0.3
HIDDEN = 24
EPOCHS = 200
BATCH = 256


@dataclass(frozen=True, kw_only=True)
class BoxPairs:
    """Candidate rows (n, 16) and the box (n, 4) that a person drew for each."""

    rows: NDArray[np.float32]
    drawn: NDArray[np.float32]


def pair(rows: NDArray[np.float32], drawn: NDArray[np.floating]) -> NDArray[np.int64]:
    """Match the rows of one photo, best score first: the index of each row's drawn box or -1, int64 (n,)."""
    free = np.ones(len(drawn), bool)
    pairs = np.full(len(rows), -1, np.int64)
    for index, row in enumerate(rows):
        shared = np.where(free, overlaps(row[BOX], drawn), 0.0)
        if len(shared) and shared.max() >= SAME_FACE_OVERLAP:
            pairs[index] = int(shared.argmax())
            free[pairs[index]] = False
    return pairs


def learn_correction(pairs: BoxPairs, *, seed: int = 1) -> BoxCorrection:
    """Fit the network with IoU as the loss, since that is what AP and crops depend on."""
    keras.utils.set_random_seed(seed)
    boxes = pairs.rows[:, BOX]
    size = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))[:, None]
    centre = np.tile((boxes[:, :2] + boxes[:, 2:]) / 2, 2)
    found, drawn = (boxes - centre) / size, (pairs.drawn - centre) / size
    model = _network()
    model.compile(keras.optimizers.Adam(_falling_rate(len(found))), loss=_overlap_loss)
    targets = np.concatenate([found, drawn], axis=1).astype(np.float32)
    model.fit(geometry_features(pairs.rows), targets, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    hidden_weights, hidden_bias, output_weights, output_bias = model.get_weights()
    return BoxCorrection(
        hidden_weights=hidden_weights,
        hidden_bias=hidden_bias,
        output_weights=output_weights,
        output_bias=output_bias,
    )


def _network() -> keras.Model:
    layers = keras.layers
    small = keras.initializers.RandomNormal(stddev=0.01)
    weight_decay = keras.regularizers.L2(1e-4)
    return keras.Sequential(
        [
            layers.Input((FEATURES,)),
            layers.Dense(HIDDEN, activation="tanh", kernel_regularizer=weight_decay),
            layers.Dense(4, activation="tanh", kernel_initializer=small),
        ]
    )


def _falling_rate(count: int) -> keras.optimizers.schedules.LearningRateSchedule:
    return keras.optimizers.schedules.CosineDecay(5e-3, EPOCHS * -(-count // BATCH))


def _overlap_loss(targets: tf.Tensor, shift: tf.Tensor) -> tf.Tensor:
    """1 - IoU, plus a small distance term for boxes that do not touch; targets are found and drawn (n, 8)."""
    found, drawn = targets[:, :4], targets[:, 4:]
    boxes = found + LARGEST_SHIFT * shift
    sides = tf.minimum(boxes[:, 2:], drawn[:, 2:]) - tf.maximum(boxes[:, :2], drawn[:, :2])
    shared = tf.reduce_prod(tf.nn.relu(sides), axis=1)
    union = _areas(boxes) + _areas(drawn) - shared
    return 1 - shared / union + 0.1 * tf.reduce_mean(tf.abs(boxes - drawn), axis=1)


def _areas(boxes: tf.Tensor) -> tf.Tensor:
    return tf.reduce_prod(boxes[:, 2:] - boxes[:, :2], axis=1)
