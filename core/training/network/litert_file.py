"""The fitted network as a LiteRT file: 8-bit where that costs no accuracy, else floating point."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from core.detection.classifier import softmax
from core.training.metrics import best_temperature, mean_log_loss

#: A network whose weights are constants; TensorFlow has no public name for its type.
Function = Any
#: What the 8-bit file may lose on validation crops: log loss, and the share of labels that differ from the
#: float file's.
ALLOWED_LOSS = 0.01
ALLOWED_DISAGREEMENT = 0.02
#: Largest difference of a probability between the floating-point file and the network.
ALLOWED_DRIFT = 0.05


@dataclass(frozen=True, kw_only=True)
class Choice:
    """The chosen file, its logits (n, 4) on the validation crops, and how often both files agree there."""

    file: Path
    kind: str
    logits: NDArray[np.float32]
    agreement: float


def choose_file(
    network: keras.Model,
    samples: NDArray[np.uint8],
    crops: NDArray[np.uint8],
    labels: NDArray[np.int64],
    out: Path,
    *,
    half: bool = True,
) -> Choice:
    """Export both files, compare them on validation crops uint8 (n, side, side, 3), and choose one.

    The floating-point file has weights of 16 bits, or of 32 bits where `half` is false.
    """
    exact, small = out / "classifier.float.tflite", out / "classifier.int8.tflite"
    frozen = freeze(network)
    export_float(frozen, exact, half=half)
    export_int8(frozen, samples, small)
    exact_logits, small_logits = exported_logits(exact, crops), exported_logits(small, crops)
    check_export(network, crops[:64], exact_logits[:64])
    agreement = float((exact_logits.argmax(axis=1) == small_logits.argmax(axis=1)).mean())
    losses = [
        mean_log_loss(logits, labels, best_temperature(logits, labels))
        for logits in (exact_logits, small_logits)
    ]
    good = losses[1] - losses[0] <= ALLOWED_LOSS and agreement >= 1 - ALLOWED_DISAGREEMENT
    return Choice(
        file=small if good else exact,
        kind="int8" if good else "float16" if half else "float32",
        logits=small_logits if good else exact_logits,
        agreement=round(agreement, 4),
    )


def check_export(network: keras.Model, crops: NDArray[np.uint8], logits: NDArray[np.float32]) -> None:
    """Raise RuntimeError when the exported file does not compute what the network computes."""
    expected = np.asarray(network.predict_on_batch(crops.astype(np.float32)))
    drift = float(np.abs(softmax(expected, 1.0) - softmax(logits, 1.0)).max())
    if drift > ALLOWED_DRIFT:
        raise RuntimeError(f"the export's probabilities differ from the network's by {drift:.3f}")


def freeze(network: keras.Model, crops: int = 1) -> Function:
    """The network for so many crops float32 (crops, side, side, 3), traced once for all files of it."""
    side = network.input_shape[1]
    signature = tf.TensorSpec((crops, side, side, 3), tf.float32, name="crops")
    function = tf.function(lambda crops: network(crops, training=False), input_signature=[signature])
    with _functions_inlined():
        traced = function.get_concrete_function()
    # Weights as constants: with variables in the graph the 8-bit converter cannot run its samples.
    return convert_variables_to_constants_v2(traced)


@contextmanager
def _functions_inlined() -> Iterator[None]:
    """Trace calls of functions as what they do: Keras compiles a convolution in groups as one of its own."""
    before = tf.config.functions_run_eagerly()
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(before)


def export_float(frozen: Function, file: Path, *, half: bool = True) -> None:
    """Write the network with its float32 weights, or with float16 weights, which LiteRT widens on loading."""
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    if half:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.target_spec.supported_types = [tf.float16]
    file.write_bytes(converter.convert())


def export_int8(frozen: Function, samples: NDArray[np.uint8], file: Path) -> None:
    """Write the network with 8-bit weights and activations, scaled on sample crops (n, side, side, 3).

    Input and output stay float32, so that both files are used in the same way.
    """
    converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
    converter.optimizations = [tf.lite.Optimize.DEFAULT]

    def representative() -> Iterator[list[NDArray[np.float32]]]:
        for sample in samples:
            yield [sample[None].astype(np.float32)]

    converter.representative_dataset = representative
    file.write_bytes(converter.convert())


def exported_logits(file: Path, crops: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Logits (n, 4) that a LiteRT file gives for crops uint8 (n, side, side, 3)."""
    interpreter = Interpreter(model_path=str(file), num_threads=1)
    interpreter.allocate_tensors()
    input_index = interpreter.get_input_details()[0]["index"]
    output_index = interpreter.get_output_details()[0]["index"]
    logits = []
    for crop in crops:
        interpreter.set_tensor(input_index, crop[None].astype(np.float32))
        interpreter.invoke()
        logits.append(interpreter.get_tensor(output_index)[0])
    return np.array(logits, np.float32)
