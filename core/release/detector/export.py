"""A fitted one-pass detector as a LiteRT file with 8-bit weights and activations."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from core.detection.detector_card import PATCH
from core.detection.grid import CHANNELS, padded, patches

FLOAT_FILE, INT8_FILE = "detector.float.tflite", "detector.int8.tflite"
#: The 8-bit input holds pixels less 128 as they are: a step of one pixel value is 1/128.
INPUT_STEP = 1 / 128


def export_float(network: keras.Model, file: Path, *, side: int = 320) -> None:
    """Write the network with float32 weights; `side` is the input's first size, which may change."""
    file.write_bytes(_converter(network, side).convert())


def export_int8(network: keras.Model, samples: Sequence[NDArray[np.uint8]], file: Path) -> None:
    """Write the network with 8-bit weights, activations and input, scaled on sample pictures of one size.

    Raises RuntimeError if the input is not scaled as `core.detection.grid.patches` gives it.
    """
    first = padded(samples[0])
    converter = _converter(network, first.shape[0], first.shape[1])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.inference_input_type = tf.int8
    converter.representative_dataset = lambda: _representative(samples)
    file.write_bytes(converter.convert())
    given = Interpreter(model_path=str(file)).get_input_details()[0]
    step, zero = given["quantization"]
    if given["dtype"] is not np.int8 or zero != 0 or abs(step - INPUT_STEP) > 1e-6:
        raise RuntimeError(f"the input is scaled by {step} from {zero}, not by {INPUT_STEP}")


def _representative(samples: Sequence[NDArray[np.uint8]]) -> Iterator[list[NDArray[np.float32]]]:
    for sample in samples:
        cells = patches(padded(sample))[None].astype(np.float32) / np.float32(128)
        # The input's range is that of all pixel values, whatever the samples show.
        cells[0, 0, 0, :2] = -1, 127 / 128
        yield [cells]


def _converter(network: keras.Model, height: int, width: int | None = None) -> tf.lite.TFLiteConverter:
    shape = (1, height // PATCH, (width or height) // PATCH, CHANNELS)
    signature = tf.TensorSpec(shape, tf.float32, name="patches")
    function = tf.function(lambda cells: network(cells, training=False), input_signature=[signature])
    # Weights as constants: with variables in the graph the 8-bit converter cannot run its samples.
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen])
