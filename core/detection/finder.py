"""Find candidate faces: one coarse pass over the whole photo, finer passes only where small faces may be."""

import math
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.face import areas, shares
from core.detection.options import VISIBLE_PIXELS, DetectionOptions
from core.detection.photo import DecodedPhoto
from core.detection.pixels import for_opencv, resize_view
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
SMALL_SCORE = 0.1
#: Margin of the finer pass around such a candidate, in its own sizes.
REGION_MARGIN = 3.0
#: What a part of a photo costs beside its pixels, as detector pixels that it would be wider and higher.
REGION_RIM = 96.0
#: Where the smallest face is visible at less than this many times the coarse scale, one pass does for both.
LARGEST_SKIP = 1.6
#: Longest side of one tile of a pass and the overlap of tiles, in detector pixels; tiles bound the memory.
TILE_SIDE = 704.0
TILE_OVERLAP = 128.0
#: A box this close to an edge between tiles, in detector pixels, counts as cut by it.
TILE_EDGE = 6.0
#: Below this resize factor, pixels are averaged.
LEAST_LINEAR = 0.5

#: What the `detector_key` of YuNet's faces begins with.
YUNET_NAME = "yunet"

MERGE_OVERLAP = 0.5
#: OpenCV's own threshold for YuNet.
MERGE_NEAR = 0.3
MERGE_INSIDE = 0.8


class FaceFinder:
    """YuNet at as many scales as the photo and the smallest face need."""

    def __init__(
        self,
        weights: Path | bytes,
        options: DetectionOptions,
        *,
        name: str = YUNET_NAME,
        file_hash: str = YUNET.sha256,
        threads: int = 1,
        gpu: bool = False,
    ) -> None:
        """`weights` is YuNet's file, or one that training made of it, with another name and hash."""
        self._network = YuNet(weights, threads=threads, gpu=gpu)
        self.name, self.file_hash = name, file_hash
        self._options = options
        self._threshold = min(SMALL_SCORE, options.score_threshold)

    def find(self, photo: DecodedPhoto) -> NDArray[np.float32]:
        """Return merged candidates, float32 (n, 16) with the columns of `core.detection.yunet`.

        Boxes and landmarks are in pixels of the full-size photo, best score first, not yet clipped.
        """
        rows = np.concatenate(self._passes(photo))
        rows = rows[rows[:, SCORE] >= self._options.score_threshold]
        return merge(rows, overlap=MERGE_OVERLAP, near=MERGE_NEAR, inside=MERGE_INSIDE)

    def _passes(self, photo: DecodedPhoto) -> list[NDArray[np.float32]]:
        """Candidates of each pass."""
        whole = Region(left=0, top=0, right=photo.width, bottom=photo.height)
        finest = self._options.finest_scale
        passes = []
        for scale in whole_scales(max(photo.width, photo.height), self._options):
            passes.append(self._run_pass(photo, [whole], scale))
        while finest / scale >= LEAST_STEP:
            small = _small(passes[-1], scale)
            if not len(small):
                break
            scale = min(scale * OCTAVE, finest)
            regions = around(small, whole, margin=REGION_MARGIN, rim=REGION_RIM / scale)
            passes.append(self._run_pass(photo, regions, scale))
        return passes

    def _run_pass(self, photo: DecodedPhoto, regions: Sequence[Region], scale: float) -> NDArray[np.float32]:
        """Candidates with their centre in one of the regions, at one scale, in full-size pixels."""
        side, overlap = TILE_SIDE / scale, TILE_OVERLAP / scale
        pieces = [(part, tile) for part in regions for tile in tiles(part, side=side, overlap=overlap)]
        found = []
        for start in range(0, len(pieces), self._network.batch):
            some = pieces[start : start + self._network.batch]
            rows_of = self._run_tiles(photo, [tile for _, tile in some], scale)
            for (part, tile), rows in zip(some, rows_of, strict=True):
                whole = tile.holds_whole(rows, part, TILE_EDGE / scale)
                found.append(rows[whole & part.holds_centres(rows)])
        return np.concatenate(found)

    def _run_tiles(
        self, photo: DecodedPhoto, some: Sequence[Region], scale: float
    ) -> list[NDArray[np.float32]]:
        cuts = [_cut(photo, tile) for tile in some]
        resized = [_resize(pixels, scale / photo.scale) for pixels, _ in cuts]
        rows_of = self._network.candidates_of(resized, threshold=self._threshold)
        for (pixels, corner), picture, rows in zip(cuts, resized, rows_of, strict=True):
            # Sides are rounded to whole pixels, so the factors of the two axes differ a little.
            factors = np.array([pixels.shape[1] / picture.shape[1], pixels.shape[0] / picture.shape[0]])
            points = rows[:, :SCORE].reshape(-1, 7, 2)
            points[:] = (points * factors + corner) / photo.scale
            rows[:, SCALE] = scale
        return rows_of


def whole_scales(long_side: int, options: DetectionOptions) -> list[float]:
    """Rising scales of the passes over a whole photo; at the last one its smallest face is visible."""
    finest = options.finest_scale
    coarse = min(COARSE_ENLARGEMENT, COARSE_SIDE / long_side, finest)
    visible = min(VISIBLE_PIXELS / options.smallest_face, finest)
    if coarse >= visible:
        return [coarse]
    if visible / coarse < LARGEST_SKIP:
        return [visible]
    steps = math.ceil(math.log(visible / coarse, OCTAVE))
    return [coarse * (visible / coarse) ** (step / steps) for step in range(steps + 1)]


def _cut(photo: DecodedPhoto, tile: Region) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Pixels of a tile, and their left top corner in the decoded photo."""
    left, top = int(tile.left * photo.scale), int(tile.top * photo.scale)
    right, bottom = round(tile.right * photo.scale), round(tile.bottom * photo.scale)
    pixels = photo.rgb[top : max(bottom, top + 1), left : max(right, left + 1)]
    return pixels, (left, top)


def _resize(pixels: NDArray[np.uint8], factor: float) -> NDArray[np.uint8]:
    width, height = (max(1, round(side * factor)) for side in pixels.shape[1::-1])
    if (width, height) == pixels.shape[1::-1]:
        return for_opencv(pixels)
    # Averaging avoids aliasing of small faces where a photo shrinks a lot; else linear finds more, faster.
    method = cv2.INTER_AREA if factor < LEAST_LINEAR else cv2.INTER_LINEAR
    return resize_view(pixels, (width, height), method)


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
