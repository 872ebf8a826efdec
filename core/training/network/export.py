"""The fitted network as LiteRT files: floating point, and with 8-bit weights and activations."""

from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2


def export_float(network: keras.Model, file: Path, *, half: bool = True) -> None:
    """Write the network with float16 weights, which LiteRT widens when it loads them, or with its own."""
    converter = _converter(network)
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    file.write_bytes(converter.convert())


def export_int8(network: keras.Model, samples: NDArray[np.uint8], file: Path) -> None:
    """Write the network with 8-bit weights and activations, scaled on sample crops (n, side, side, 3).

    Input and output stay float32, so that both files are used alike.
    """
    converter = _converter(network)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for sample in samples:
            yield [sample[None].astype(np.float32)]

    converter.representative_dataset = representative
    file.write_bytes(converter.convert())


def _converter(network: keras.Model) -> tf.lite.TFLiteConverter:
    side = network.input_shape[1]
    signature = tf.TensorSpec((1, side, side, 3), tf.float32, name="crops")
    function = tf.function(lambda crops: network(crops, training=False), input_signature=[signature])
    # Weights as constants: with variables in the graph the 8-bit converter cannot run its samples.
    frozen = convert_variables_to_constants_v2(function.get_concrete_function())
    return tf.lite.TFLiteConverter.from_concrete_functions([frozen])


def exported_logits(file: Path, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits (n, 4) that a LiteRT file gives for crops uint8 (n, side, side, 3)."""
    interpreter = Interpreter(model_path=str(file), num_threads=1)
    interpreter.allocate_tensors()
    entry, answer = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    logits = []
    for crop in crops:
        interpreter.set_tensor(entry, crop[None].astype(np.float32))
        interpreter.invoke()
        logits.append(interpreter.get_tensor(answer)[0])
    return np.array(logits, np.float32)
