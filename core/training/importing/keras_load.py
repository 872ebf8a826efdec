"""Build a checked Keras network, and give it the input and the output of all versions."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from core.training.importing.limits import refuse
from core.training.importing.onnx_wrap import LEAST_PROBABILITY
from core.training.importing.options import Colours, ImportVersionOptions
from core.training.importing.trial import (
    checked_side,
    gives_probabilities,
    run_trial,
    scaled,
    trial_crops,
)


def build(config: dict[str, Any], weights: Path) -> keras.Model:
    """The network of a checked configuration with checked arrays; raises InputError model_unreadable."""
    try:
        with warnings.catch_warnings():
            # Keras warns about names of files and of old options.
            warnings.simplefilter("ignore")
            network = keras.saving.deserialize_keras_object(config, safe_mode=True)
            if not isinstance(network, keras.Model):
                raise TypeError("it is no model")
            network.load_weights(str(weights))
    except MemoryError:
        raise
    except Exception as error:
        line = (str(error).strip().splitlines() or [""])[0][:200]
        raise refuse("model_unreadable", f"Keras cannot build the network: {line}") from error
    network.trainable = False
    return network


@dataclass(frozen=True, kw_only=True)
class Tried:
    """A network that passed the trial, and the one around it that takes what all versions take."""

    wrapped: keras.Model
    side: int
    #: What the network gave for the crops of the trial.
    outputs: NDArray[np.float32]
    probabilities: bool


def try_and_wrap(network: keras.Model, options: ImportVersionOptions) -> Tried:
    """Run the trial; raises InputError."""
    side = side_of(network, options)
    inputs = scaled(trial_crops(side), options)
    outputs = run_trial(lambda some: run_network(network, some), inputs, len(options.labels), batch=None)
    probabilities = gives_probabilities(outputs)
    wrapped = wrap(network, options, side=side, probabilities=probabilities)
    return Tried(wrapped=wrapped, side=side, outputs=outputs, probabilities=probabilities)


def side_of(network: keras.Model, options: ImportVersionOptions) -> int:
    """Side of the input in pixels. Raises InputError model_input, model_side."""
    shape = network.input_shape
    if isinstance(shape, list) or len(shape) != 4 or shape[3] != 3:
        raise refuse("model_input", f"The input must be pictures (n, side, side, 3), not {str(shape)[:100]}.")
    return checked_side(shape[1], shape[2], options)


def wrap(
    network: keras.Model, options: ImportVersionOptions, *, side: int, probabilities: bool
) -> keras.Model:
    """A network for crops float32 (n, side, side, 3), RGB 0 to 255, with logits float32 (n, labels)."""
    crops = keras.Input((side, side, 3), name="crops")
    last = crops[..., ::-1] if options.colours is Colours.BGR else crops
    mean, deviation = (np.array(each, np.float32) for each in options.scaling.mean_and_deviation)
    if mean.any():
        last = last - mean
    if (deviation != 1).any():
        last = last / deviation
    found = network(last, training=False)
    return keras.Model(crops, _by_label(found, options, probabilities=probabilities), name="mask_classifier")


def _by_label(found: Any, options: ImportVersionOptions, *, probabilities: bool) -> Any:
    if options.columns is None:
        given = found if probabilities else keras.ops.softmax(found, axis=-1)
        found, probabilities = keras.ops.matmul(given, np.array(options.sums, np.float32)), True
    elif options.columns != list(range(len(options.columns))):
        # The same as choosing columns, and a matrix is what every converter knows.
        order = np.eye(len(options.columns), dtype=np.float32)[:, options.columns]
        found = keras.ops.matmul(found, order)
    if probabilities:
        return keras.ops.log(keras.ops.maximum(found, LEAST_PROBABILITY))
    return keras.layers.Identity(name="logits")(found)


def run_network(network: keras.Model, inputs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Outputs of inputs float32 (n, side, side, 3), as the network was trained on them."""
    return np.asarray(network(inputs, training=False))
