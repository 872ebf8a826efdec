"""Parts of a photo: the region of a finer pass, and the tiles that it is cut into."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.detection.yunet import BOX


@dataclass(frozen=True, kw_only=True)
class Region:
    """Corners in pixels of the full-size photo, right and bottom exclusive."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """In pixels."""
        return self.bottom - self.top

    def holds_centres(self, rows: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Which candidate rows (n, 16) have their box's centre inside, bool (n,)."""
        centres = (rows[:, BOX][:, :2] + rows[:, BOX][:, 2:]) / 2
        inside = (centres >= (self.left, self.top)) & (centres <= (self.right, self.bottom))
        return np.asarray(inside.all(axis=1))

    def holds_whole(self, rows: NDArray[np.float32], region: "Region", margin: float) -> NDArray[np.bool_]:
        """Which rows' boxes are at least `margin` from the edges between this tile and others, bool (n,).

        A face that such an edge cuts is whole in the next tile, or in a coarser pass if it is larger than
        the overlap; the cut part would count as a second face.
        """
        boxes = rows[:, BOX]
        before = (self.left <= region.left, self.top <= region.top)
        after = (self.right >= region.right, self.bottom >= region.bottom)
        whole = ((boxes[:, :2] >= (self.left + margin, self.top + margin)) | before).all(axis=1)
        whole &= ((boxes[:, 2:] <= (self.right - margin, self.bottom - margin)) | after).all(axis=1)
        return np.asarray(whole)


def around(rows: NDArray[np.float32], within: Region, *, margin: float) -> Region:
    """The smallest part of a region with all rows (at least one) and `margin` pixels on each side."""
    boxes = rows[:, BOX]
    left, top = boxes[:, :2].min(axis=0) - margin
    right, bottom = boxes[:, 2:].max(axis=0) + margin
    return Region(
        left=max(within.left, float(left)),
        top=max(within.top, float(top)),
        right=min(within.right, float(right)),
        bottom=min(within.bottom, float(bottom)),
    )


def tiles(region: Region, *, side: float, overlap: float) -> list[Region]:
    """Cut a region into equal tiles of at most `side` pixels that overlap by `overlap` pixels."""
    return [
        Region(left=left, top=top, right=right, bottom=bottom)
        for top, bottom in _cuts(region.top, region.bottom, side, overlap)
        for left, right in _cuts(region.left, region.right, side, overlap)
    ]


def _cuts(start: float, end: float, side: float, overlap: float) -> list[tuple[float, float]]:
    count = max(1, math.ceil((end - start - overlap) / (side - overlap)))
    length = (end - start + (count - 1) * overlap) / count
    return [(at, at + length) for at in (start + index * (length - overlap) for index in range(count))]
