"""Find faces with a network of our own, in one pass over the photo, on LiteRT."""

from pathlib import Path

import cv2
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray

from core.detection.detector_card import DetectorCard
from core.detection.finder import MERGE_INSIDE, MERGE_NEAR, MERGE_OVERLAP, merge
from core.detection.grid import CHANNELS, CORNERS, LABELS, SCORES, decode, grids_of, padded, patches
from core.detection.network import quiet_standard_error
from core.detection.options import DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.region import Region, tiles
from core.detection.yunet import BOX, SCALE
from core.errors import PermanentError

#: The photo's long side in the pass, in pixels, unless the smallest face needs more.
PASS_SIDE = 640.0
#: Side of the smallest face in the pass, in pixels; the photo is not enlarged beyond LARGEST_SCALE for it.
SMALLEST_PIXELS, LARGEST_SCALE = 12.0, 2.0
#: Longest side of a tile and the overlap of tiles, in pixels of the pass; tiles bound the memory.
TILE_SIDE, TILE_OVERLAP, TILE_EDGE = 1280.0, 192.0, 6.0
#: Below this resize factor, pixels are averaged.
LEAST_LINEAR = 0.5


class OnePassFinder:
    """A one-pass detector; not thread-safe, as LiteRT interpreters are not."""

    def __init__(self, card: DetectorCard, options: DetectionOptions, *, threads: int = 1) -> None:
        self._network = GridNetwork(card.path, threads=threads)
        self._options = options
        self.name, self.file_hash = card.name, card.network.sha256

    def find(self, photo: DecodedPhoto) -> NDArray[np.float32]:
        """Merged candidates, float32 (n, 19) with the columns of `core.detection.grid`, without landmarks.

        Boxes are in pixels of the full-size photo, best score first, not yet clipped.
        """
        scale = pass_scale(photo.width, photo.height, self._options.smallest_face)
        whole = Region(left=0, top=0, right=photo.width, bottom=photo.height)
        found = []
        for tile in tiles(whole, side=TILE_SIDE / scale, overlap=TILE_OVERLAP / scale):
            rows = self._run_tile(photo, tile, scale)
            found.append(rows[tile.holds_whole(rows, whole, TILE_EDGE / scale)])
        return merge(np.concatenate(found), overlap=MERGE_OVERLAP, near=MERGE_NEAR, inside=MERGE_INSIDE)

    def _run_tile(self, photo: DecodedPhoto, tile: Region, scale: float) -> NDArray[np.float32]:
        left, top = int(tile.left * photo.scale), int(tile.top * photo.scale)
        right, bottom = round(tile.right * photo.scale), round(tile.bottom * photo.scale)
        pixels = photo.rgb[top : max(bottom, top + 1), left : max(right, left + 1)]
        resized = _resize(pixels, scale / photo.scale)
        rows = self._network.candidates(resized, threshold=self._options.score_threshold)
        # Sides are rounded to whole pixels, so the factors of the two axes differ a little.
        factors = [pixels.shape[1] / resized.shape[1], pixels.shape[0] / resized.shape[0]]
        rows[:, BOX] = (rows[:, BOX] * np.tile(factors, 2) + (left, top, left, top)) / photo.scale
        rows[:, SCALE] = scale
        return rows


def pass_scale(width: int, height: int, smallest_face: float) -> float:
    """Pixels of the pass per photo pixel."""
    coarse = PASS_SIDE / max(width, height)
    return min(LARGEST_SCALE, max(coarse, SMALLEST_PIXELS / smallest_face))


def _resize(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    width, height = (max(1, round(side * factor)) for side in pixels.shape[1::-1])
    if (width, height) == pixels.shape[1::-1]:
        return pixels
    method = cv2.INTER_AREA if factor < LEAST_LINEAR else cv2.INTER_LINEAR
    return cv2.resize(pixels, (width, height), interpolation=method).astype(np.uint8, copy=False)


class GridNetwork:
    """The network of a LiteRT file at any input size; its input holds patches, 8-bit or floating point."""

    def __init__(self, file: Path, *, threads: int = 1) -> None:
        """Raises PermanentError detector_unreadable."""
        try:
            self._interpreter = Interpreter(model_path=str(file), num_threads=threads)
            self._input = self._interpreter.get_input_details()[0]
        except (ValueError, RuntimeError) as error:
            raise PermanentError("detector_unreadable", f"LiteRT cannot read {file}: {error}.") from error
        channels = [int(output["shape"][-1]) for output in self._interpreter.get_output_details()]
        if sorted(channels) != sorted([SCORES, CORNERS, LABELS] * 3) or self._input["shape"][-1] != CHANNELS:
            raise PermanentError(
                "detector_layout", f"{file} has other inputs or outputs than a face detector."
            )
        self._shape: tuple[int, ...] = ()

    def candidates(self, rgb: NDArray[np.uint8], *, threshold: float) -> NDArray[np.float32]:
        """Candidates float32 (n, 19) in pixels of uint8 (h, w, 3) RGB, unmerged; the scale column is 1."""
        return decode(grids_of(self.outputs(rgb)), threshold=threshold)

    def outputs(self, rgb: NDArray[np.uint8]) -> list[NDArray[np.float32]]:
        """The nine outputs (h, w, c) for a picture, in the order of `grids_of`."""
        cells = patches(padded(rgb))[None]
        if cells.shape != self._shape:
            self._interpreter.resize_tensor_input(self._input["index"], cells.shape)
            with quiet_standard_error():
                self._interpreter.allocate_tensors()
            self._shape = cells.shape
        given = cells if self._input["dtype"] is np.int8 else cells.astype(np.float32) / 128
        self._interpreter.set_tensor(self._input["index"], given)
        self._interpreter.invoke()
        found = [
            self._interpreter.get_tensor(each["index"])[0] for each in self._interpreter.get_output_details()
        ]
        return sorted(found, key=_place)


def _place(output: NDArray[np.float32]) -> tuple[int, int]:
    """Sorts outputs by grid, finest first, then by kind; LiteRT does not keep their order."""
    return -output.shape[0], (SCORES, CORNERS, LABELS).index(output.shape[-1])
