"""Find candidate faces: one coarse pass over the whole photo, finer passes only where small faces may be."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.face import areas, shares
from core.detection.options import VISIBLE_PIXELS, DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.region import Region, around, tiles
from core.detection.weights import YUNET
from core.detection.yunet import BOX, SCALE, SCORE, YuNet

#: The coarse pass: the photo's long side in detector pixels, and the most that a small photo is enlarged.
COARSE_SIDE = 640.0
COARSE_ENLARGEMENT = 2.0
#: Ratio of the scales of two successive passes.
OCTAVE = 2.0
#: A pass whose scale would be less than this many times the last one is not made.
LEAST_STEP = 1.3
#: A candidate below this size in detector pixels, with at least this score, triggers a finer pass around it.
SMALL_PIXELS = 32.0
SMALL_SCORE = 0.3
#: Margin of the finer pass around such candidates, in sizes of the largest of them.
REGION_MARGIN = 1.5
#: Longest side of one tile of a pass and the overlap of tiles, in detector pixels; tiles bound the memory.
TILE_SIDE = 704.0
TILE_OVERLAP = 128.0
#: A box this close to an edge between tiles, in detector pixels, counts as cut by it.
TILE_EDGE = 6.0
#: Below this resize factor, pixels are averaged.
LEAST_LINEAR = 0.5

MERGE_OVERLAP = 0.5
#: OpenCV's own threshold for YuNet.
MERGE_NEAR = 0.3
MERGE_INSIDE = 0.8


class FaceFinder:
    """YuNet at as many scales as the photo and the smallest face need."""

    name = "yunet"
    file_hash = YUNET.sha256

    def __init__(self, weights: Path, options: DetectionOptions, *, threads: int = 1) -> None:
        self._network = YuNet(weights, threads=threads)
        self._options = options

    def find(self, photo: DecodedPhoto) -> NDArray[np.float32]:
        """Return merged candidates, float32 (n, 16) with the columns of `core.detection.yunet`.

        Boxes and landmarks are in pixels of the full-size photo, best score first, not yet clipped.
        """
        rows = np.concatenate(self._passes(photo))
        return merge(rows, overlap=MERGE_OVERLAP, near=MERGE_NEAR, inside=MERGE_INSIDE)

    def _passes(self, photo: DecodedPhoto) -> list[NDArray[np.float32]]:
        """Candidates of each pass."""
        region = Region(left=0, top=0, right=photo.width, bottom=photo.height)
        scale = min(COARSE_ENLARGEMENT, COARSE_SIDE / max(photo.width, photo.height))
        finest = self._options.finest_scale
        scale = min(scale, finest)
        passes = []
        while True:
            passes.append(self._run_pass(photo, region, scale))
            if finest / scale < LEAST_STEP:
                return passes
            if self._options.smallest_face * scale >= VISIBLE_PIXELS:
                small = _small(passes[-1], scale)
                if not len(small):
                    return passes
                region = around(small, region, margin=REGION_MARGIN * float(_sizes(small).max()))
            scale = min(scale * OCTAVE, finest)

    def _run_pass(self, photo: DecodedPhoto, region: Region, scale: float) -> NDArray[np.float32]:
        """Candidates with their centre in a region, at one scale, in full-size pixels."""
        pieces = tiles(region, side=TILE_SIDE / scale, overlap=TILE_OVERLAP / scale)
        found = [(piece, self._run_tile(photo, piece, scale)) for piece in pieces]
        rows = np.concatenate(
            [rows[piece.holds_whole(rows, region, TILE_EDGE / scale)] for piece, rows in found]
        )
        return rows[region.holds_centres(rows)]

    def _run_tile(self, photo: DecodedPhoto, tile: Region, scale: float) -> NDArray[np.float32]:
        left, top = int(tile.left * photo.scale), int(tile.top * photo.scale)
        right, bottom = round(tile.right * photo.scale), round(tile.bottom * photo.scale)
        pixels = photo.rgb[top : max(bottom, top + 1), left : max(right, left + 1)]
        resized = _resize(pixels, scale / photo.scale)
        rows = self._network.candidates(resized, threshold=self._options.score_threshold)
        # Sides are rounded to whole pixels, so the factors of the two axes differ a little.
        factors = np.array([pixels.shape[1] / resized.shape[1], pixels.shape[0] / resized.shape[0]])
        points = rows[:, :SCORE].reshape(-1, 7, 2)
        points[:] = (points * factors + (left, top)) / photo.scale
        rows[:, SCALE] = scale
        return rows


def _resize(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    width, height = (max(1, round(side * factor)) for side in pixels.shape[1::-1])
    if (width, height) == pixels.shape[1::-1]:
        return pixels
    # Averaging avoids aliasing of small faces where a photo shrinks a lot; else linear finds more, faster.
    method = cv2.INTER_AREA if factor < LEAST_LINEAR else cv2.INTER_LINEAR
    return cv2.resize(pixels, (width, height), interpolation=method).astype(np.uint8, copy=False)


def _sizes(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Square root of each box's area."""
    boxes = rows[:, BOX]
    return np.sqrt(np.clip(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1), 0, None))


def _small(rows: NDArray[np.float32], scale: float) -> NDArray[np.float32]:
    return rows[(_sizes(rows) * scale < SMALL_PIXELS) & (rows[:, SCORE] >= SMALL_SCORE)]


def merge(rows: NDArray[np.float32], *, overlap: float, near: float, inside: float) -> NDArray[np.float32]:
    """Merge candidate rows (n, 16) of the same face into one row each, best score first.

    The best row absorbs every row that overlaps it by `near` (IoU), or by `inside` of the smaller area.
    Box and landmarks are the mean of the rows with at least `overlap`, weighted by squared score, which is
    more accurate than the best row alone; score and scale are those of the best row. Rows that are only
    `near` show the same face badly placed, for example at the edge of a tile, and do not count in the mean.
    """
    rows = rows[np.argsort(-rows[:, SCORE], kind="stable")]
    of_rows = areas(rows[:, BOX])
    merged = []
    while len(rows):
        shared, within = shares(rows[0, BOX], rows[:, BOX], of_rows)
        same = shared >= overlap
        same[0] = True
        weight = rows[same, SCORE] ** 2
        joined = rows[0].copy()
        joined[:SCORE] = weight @ rows[same, :SCORE] / weight.sum()
        merged.append(joined)
        left = ~(same | (shared >= near) | (within >= inside))
        rows, of_rows = rows[left], of_rows[left]
    return np.stack(merged) if merged else rows
