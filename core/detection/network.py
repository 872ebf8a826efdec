"""Run a classifier's file, on LiteRT or on ONNX Runtime: crops to logits."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.detection.card import Runtime
from core.errors import PermanentError


class Network(Protocol):
    """A loaded file."""

    def logits(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Logits float32 (1, k) of a crop uint8 (side, side, 3) RGB.

        One by one: a batch is no faster on a CPU, and LiteRT plans its memory anew, for half a millisecond,
        whenever the number of crops changes.
        """
        ...


def load_network(path: Path, runtime: Runtime, *, threads: int) -> Network:
    """Load a file. Raises PermanentError classifier_unreadable."""
    loader = _OnnxNetwork if runtime is Runtime.ONNX else _LiteRtNetwork
    return loader(path, threads)


class _LiteRtNetwork:
    """Not thread-safe, as LiteRT interpreters are not."""

    def __init__(self, path: Path, threads: int) -> None:
        self._interpreter = _load_litert(path, threads)
        self._input = self._interpreter.get_input_details()[0]["index"]
        self._output = self._interpreter.get_output_details()[0]["index"]

    def logits(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        self._interpreter.set_tensor(self._input, crop[None].astype(np.float32))
        self._interpreter.invoke()
        logits: NDArray[np.float32] = self._interpreter.get_tensor(self._output)
        return logits


class _OnnxNetwork:
    """A file with one input and one output, as an import of a version writes it."""

    def __init__(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        # Errors are raised as well; lines on the terminal would stand in the middle of a progress bar.
        options.log_severity_level = 4
        try:
            self._session = onnxruntime.InferenceSession(
                path, sess_options=options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # ONNX Runtime raises a class of its own for each of its statuses.
            raise _unreadable("ONNX Runtime", path, error) from error
        self._input = self._session.get_inputs()[0].name

    def logits(self, crop: NDArray[np.uint8]) -> NDArray[np.float32]:
        given = {self._input: crop[None].astype(np.float32)}
        logits: NDArray[np.float32] = self._session.run(None, given)[0]
        return logits


@contextmanager
def quiet_standard_error() -> Iterator[None]:
    """Discard what the process writes to file descriptor 2; keep it short, all threads are affected."""
    kept = os.dup(2)
    try:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 2)
        os.close(nothing)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)


def _load_litert(path: Path, threads: int) -> Interpreter:
    try:
        interpreter = Interpreter(model_path=str(path), num_threads=threads)
        # LiteRT prints the name of its delegate here, in the middle of a progress bar.
        with quiet_standard_error():
            interpreter.allocate_tensors()
        return interpreter
    except (ValueError, RuntimeError) as error:
        raise _unreadable("LiteRT", path, error) from error


def _unreadable(what: str, path: Path, error: Exception) -> PermanentError:
    return PermanentError("classifier_unreadable", f"{what} cannot read {path}: {error}.")
