"""Photo to candidate faces: a coarse look at the whole, finer ones only where small faces may be."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.merging import merge
from core.detection.options import VISIBLE_PIXELS, DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.region import Region, around, tiles
from core.detection.yunet import BOX, SCALE, SCORE, YuNet

#: The coarse look: the photo's long side in detector pixels, and how far a small photo is enlarged for it.
COARSE_SIDE = 640.0
COARSE_ENLARGEMENT = 2.0
#: Each look is this much finer than the one before.
OCTAVE = 2.0
#: A step finer than the last that is smaller than this is not worth a look.
LEAST_STEP = 1.3
#: A candidate smaller than this in detector pixels, with this score, asks for a finer look around it.
SMALL_PIXELS = 32.0
SMALL_SCORE = 0.3
#: Pixels that the finer look adds around such candidates, in sizes of the largest of them.
REGION_MARGIN = 1.5
#: Detector pixels a side beyond which a look is cut into tiles, to bound memory, and their overlap.
TILE_SIDE = 704.0
TILE_OVERLAP = 128.0
#: A box that comes so near to an edge between tiles, in detector pixels, is taken to be cut by it.
TILE_EDGE = 6.0
#: Resize factor below which pixels are averaged.
LEAST_LINEAR = 0.5

MERGE_OVERLAP = 0.5
#: OpenCV's own threshold for YuNet.
MERGE_NEAR = 0.3
MERGE_INSIDE = 0.8


class FaceFinder:
    """YuNet over as many scales as the photo and the smallest face ask for."""

    def __init__(self, weights: Path, options: DetectionOptions, *, threads: int = 1) -> None:
        self._network = YuNet(weights, threads=threads)
        self._options = options

    def find(self, photo: DecodedPhoto) -> NDArray[np.float32]:
        """Return merged candidates, float32 (n, 16) with the columns of `core.detection.yunet`.

        Boxes and landmarks are in pixels of the full-size photo, best score first, not yet clipped.
        """
        rows = np.concatenate(self._looks(photo))
        return merge(rows, overlap=MERGE_OVERLAP, near=MERGE_NEAR, inside=MERGE_INSIDE)

    def _looks(self, photo: DecodedPhoto) -> list[NDArray[np.float32]]:
        region = Region(left=0, top=0, right=photo.width, bottom=photo.height)
        scale = min(COARSE_ENLARGEMENT, COARSE_SIDE / max(photo.width, photo.height))
        finest = self._options.finest_scale
        scale = min(scale, finest)
        looks = []
        while True:
            looks.append(self._look(photo, region, scale))
            if finest / scale < LEAST_STEP:
                return looks
            if self._options.smallest_face * scale >= VISIBLE_PIXELS:
                small = _small(looks[-1], scale)
                if not len(small):
                    return looks
                region = around(small, region, margin=REGION_MARGIN * float(_sizes(small).max()))
            scale = min(scale * OCTAVE, finest)

    def _look(self, photo: DecodedPhoto, region: Region, scale: float) -> NDArray[np.float32]:
        """Candidates with their centre in a region, at one scale, in full-size pixels."""
        pieces = tiles(region, side=TILE_SIDE / scale, overlap=TILE_OVERLAP / scale)
        found = [(piece, self._examine(photo, piece, scale)) for piece in pieces]
        rows = np.concatenate(
            [rows[piece.holds_whole(rows, region, TILE_EDGE / scale)] for piece, rows in found]
        )
        return rows[region.holds_centres(rows)]

    def _examine(self, photo: DecodedPhoto, tile: Region, scale: float) -> NDArray[np.float32]:
        left, top = int(tile.left * photo.scale), int(tile.top * photo.scale)
        right, bottom = round(tile.right * photo.scale), round(tile.bottom * photo.scale)
        pixels = photo.rgb[top : max(bottom, top + 1), left : max(right, left + 1)]
        resized = _resize(pixels, scale / photo.scale)
        rows = self._network.candidates(resized, threshold=self._options.score_threshold)
        # Sides are whole pixels, so the true factor differs a little between the two.
        factors = np.array([pixels.shape[1] / resized.shape[1], pixels.shape[0] / resized.shape[0]])
        points = rows[:, :SCORE].reshape(-1, 7, 2)
        points[:] = (points * factors + (left, top)) / photo.scale
        rows[:, SCALE] = scale
        return rows


def _resize(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    width, height = (max(1, round(side * factor)) for side in pixels.shape[1::-1])
    if (width, height) == pixels.shape[1::-1]:
        return pixels
    # Averaging where it shrinks far, lest small faces alias away; elsewhere linear finds more and is faster.
    method = cv2.INTER_AREA if factor < LEAST_LINEAR else cv2.INTER_LINEAR
    return cv2.resize(pixels, (width, height), interpolation=method).astype(np.uint8, copy=False)


def _sizes(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Square root of each box's area."""
    boxes = rows[:, BOX]
    return np.sqrt(np.clip(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 0, None))


def _small(rows: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    return rows[(_sizes(rows) * scale < SMALL_PIXELS) & (rows[:, SCORE] >= SMALL_SCORE)]
