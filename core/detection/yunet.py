"""Run YuNet on ONNX Runtime at any input size: pixels in, raw face candidates out."""

from collections import defaultdict
from collections.abc import Sequence
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

#: A fixed `dim_value` in the file (protobuf bytes) and a `dim_param` of the same length: one picture (without
#: a name), 640 pixels a side, and the rows of the three output levels (6400, 1600, 400).
_FIXED_SIZES = (
    (b"\x0a\x02\x08\x01\x0a\x02\x08\x03", b"\x0a\x02\x12\x00\x0a\x02\x08\x03"),
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


_CUDA, _CPU = "CUDAExecutionProvider", "CPUExecutionProvider"
#: Pictures of one size that a GPU gets at once; on a CPU they are no faster together.
_GPU_BATCH = 8


def execution_providers(*, gpu: bool) -> list[str]:
    """What ONNX Runtime runs the network on: CUDA if wanted and installed, and the CPU."""
    return [_CUDA, _CPU] if gpu and _CUDA in ort.get_available_providers() else [_CPU]


class YuNet:
    """One loaded network; thread-safe, as ONNX Runtime sessions are."""

    def __init__(self, weights: Path | bytes, *, threads: int = 1, gpu: bool = False) -> None:
        """`weights` is the file or its bytes.

        Raises PermanentError weights_unknown_layout where it is no network with YuNet's inputs and outputs.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Sizes differ from photo to photo: the arena would keep memory for the largest one.
        options.enable_mem_pattern = False
        model = free_input_size(weights if isinstance(weights, bytes) else weights.read_bytes())
        self._session = ort.InferenceSession(model, options, providers=execution_providers(gpu=gpu))
        self._outputs = [f"{kind}_{stride}" for kind in ("cls", "obj", "bbox", "kps") for stride in STRIDES]
        #: Pictures that are worth giving at once. CUDA may be installed and still fail to start.
        self.batch = _GPU_BATCH if _CUDA in self._session.get_providers() else 1

    def candidates(self, rgb: NDArray[np.uint8], *, threshold: float) -> NDArray[np.float32]:
        """Find candidates in uint8 (h, w, 3) RGB.

        Returns float32 (n, 16), see the columns above, in pixels of `rgb`, unmerged; the scale column is 1.
        """
        return self.candidates_of([rgb], threshold=threshold)[0]

    def candidates_of(
        self, pictures: Sequence[NDArray[np.uint8]], *, threshold: float
    ) -> list[NDArray[np.float32]]:
        """Candidates of each picture; pictures of one padded size go through the network together."""
        places = defaultdict(list)
        for at, picture in enumerate(pictures):
            places[padded_size(picture)].append(at)
        found: dict[int, NDArray[np.float32]] = {}
        for size, same in places.items():
            rows = self._run([pictures[at] for at in same], size, threshold)
            found.update(zip(same, rows, strict=True))
        return [found[at] for at in range(len(pictures))]

    def _run(
        self, pictures: Sequence[NDArray[np.uint8]], size: tuple[int, int], threshold: float
    ) -> list[NDArray[np.float32]]:
        height, width = size
        # The network expects BGR, 0 to 255, no mean subtracted, channels first. `cv2.dnn.blobFromImage`
        # gives the same numbers but takes three to eight times as long.
        blob = np.zeros((len(pictures), 3, height, width), np.float32)
        for place, rgb in zip(blob, pictures, strict=True):
            place[::-1, : rgb.shape[0], : rgb.shape[1]] = cv2.split(rgb)
        values = self._session.run(self._outputs, {"input": blob})
        # The network writes the rows of all pictures one after the other.
        outputs = {
            name: value.reshape(len(pictures), -1, value.shape[-1])
            for name, value in zip(self._outputs, values, strict=True)
        }
        return [
            np.concatenate(
                [_decode_level(outputs, at, stride, width // stride, threshold) for stride in STRIDES]
            )
            for at in range(len(pictures))
        ]


def padded_size(rgb: NDArray[np.uint8]) -> tuple[int, int]:
    """Height and width that the network takes for a picture."""
    height, width = (-(-side // SIDE_MULTIPLE) * SIDE_MULTIPLE for side in rgb.shape[:2])
    return height, width


def _decode_level(
    outputs: dict[str, NDArray[np.float32]], picture: int, stride: int, columns: int, threshold: float
) -> NDArray[np.float32]:
    """Convert one level's grid of offsets to candidate rows, as OpenCV's face_detect.cpp does."""
    squares = outputs[f"cls_{stride}"][picture, :, 0] * outputs[f"obj_{stride}"][picture, :, 0]
    kept = np.flatnonzero(squares >= threshold**2)
    cell = np.stack([kept % columns, kept // columns], axis=1).astype(np.float32)
    offsets = outputs[f"bbox_{stride}"][picture, kept]
    centre = (cell + offsets[:, :2]) * stride
    half = np.exp(offsets[:, 2:]) * stride / 2
    landmarks = (outputs[f"kps_{stride}"][picture, kept].reshape(-1, 5, 2) + cell[:, None]) * stride
    rows = np.ones((len(kept), COLUMNS), np.float32)
    rows[:, BOX] = np.concatenate([centre - half, centre + half], axis=1)
    rows[:, LANDMARKS] = landmarks.reshape(-1, 10)
    rows[:, SCORE] = np.sqrt(squares[kept])
    return rows
