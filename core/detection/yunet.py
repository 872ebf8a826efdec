"""Run YuNet on ONNX Runtime at any input size: pixels in, raw face candidates out."""

from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from core.errors import PermanentError

#: Columns of a candidate row: box x1 y1 x2 y2, five landmarks (x, y), score, detector scale.
BOX = slice(0, 4)
LANDMARKS = slice(4, 14)
SCORE = 14
SCALE = 15
COLUMNS = 16

STRIDES = (8, 16, 32)
#: The network halves its input five times, so sides are padded to a multiple of 32.
SIDE_MULTIPLE = 32

#: A fixed `dim_value` in the file (protobuf bytes) and a named `dim_param` of the same length: 640 pixels
#: a side, and the rows of the three output levels (6400, 1600, 400).
_FIXED_SIZES = (
    (b"\x0a\x03\x08\x80\x05\x0a\x03\x08\x80\x05", b"\x0a\x03\x12\x01h\x0a\x03\x12\x01w"),
    (b"\x0a\x03\x08\x80\x32", b"\x0a\x03\x12\x01a"),
    (b"\x0a\x03\x08\xc0\x0c", b"\x0a\x03\x12\x01b"),
    (b"\x0a\x03\x08\x90\x03", b"\x0a\x03\x12\x01c"),
)


def free_input_size(model: bytes) -> bytes:
    """Make the declared 640 x 640 input of the 2023mar model, and its outputs, variable in size.

    All layers of YuNet are convolutional; only the declaration is fixed. Replacement and original have the
    same length, so no length prefix of the protobuf changes and no protobuf library is needed. Raises
    PermanentError weights_unknown_layout.
    """
    head, tail = model[:-4096], model[-4096:]
    for fixed, free in _FIXED_SIZES:
        if fixed not in tail:
            raise PermanentError("weights_unknown_layout", "The YuNet file is not the 2023mar release.")
        tail = tail.replace(fixed, free)
    return head + tail


class YuNet:
    """One loaded network; thread-safe, as ONNX Runtime sessions are."""

    def __init__(self, weights: Path, *, threads: int = 1) -> None:
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Sizes differ from photo to photo: the arena would keep memory for the largest one.
        options.enable_mem_pattern = False
        model = free_input_size(weights.read_bytes())
        self._session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        self._outputs = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES]

    def candidates(self, rgb: NDArray[np.uint8], *, threshold: float) -> NDArray[np.float32]:
        """Find candidates in uint8 (h, w, 3) RGB.

        Returns float32 (n, 16), see the columns above, in pixels of `rgb`, unmerged; the scale column is 1.
        """
        height, width = (-(-side // SIDE_MULTIPLE) * SIDE_MULTIPLE for side in rgb.shape[:2])
        # The network expects BGR, 0 to 255, no mean subtracted, channels first. `cv2.dnn.blobFromImage`
        # gives the same numbers but takes three to eight times as long.
        blob = np.zeros((1, 3, height, width), np.float32)
        blob[0, ::-1, : rgb.shape[0], : rgb.shape[1]] = cv2.split(rgb)
        outputs = dict(zip(self._outputs, self._session.run(self._outputs, {"input": blob}), strict=True))
        levels = [_decode_level(outputs, stride, width // stride, threshold) for stride in STRIDES]
        return np.concatenate(levels)


def _decode_level(
    outputs: dict[str, NDArray[np.float32]], stride: int, columns: int, threshold: float
) -> NDArray[np.float32]:
    """Convert one level's grid of offsets to candidate rows, as OpenCV's face_detect.cpp does."""
    squares = outputs[f"cls_{stride}"][0, :, 0] * outputs[f"obj_{stride}"][0, :, 0]
    kept = np.flatnonzero(squares >= threshold**2)
    cell = np.stack([kept % columns, kept // columns], axis=1).astype(np.float32)
    offsets = outputs[f"bbox_{stride}"][0, kept]
    centre = (cell + offsets[:, :2]) * stride
    half = np.exp(offsets[:, 2:]) * stride / 2
    landmarks = (outputs[f"kps_{stride}"][0, kept].reshape(-1, 5, 2) + cell[:, None]) * stride
    rows = np.ones((len(kept), COLUMNS), np.float32)
    rows[:, BOX] = np.concatenate([centre - half, centre + half], axis=1)
    rows[:, LANDMARKS] = landmarks.reshape(-1, 10)
    rows[:, SCORE] = np.sqrt(squares[kept])
    return rows
