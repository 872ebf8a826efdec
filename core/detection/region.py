"""Parts of a photo: the region of a finer pass, and the tiles that it is cut into."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.detection.face import areas
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


def around(rows: NDArray[np.float32], within: Region, *, margin: float, rim: float) -> list[Region]:
    """Parts of a region that hold all rows, each with `margin` of its own sizes on each side.

    Two parts become one where that adds no area; each counts as `rim` pixels wider and higher than it is,
    since a part costs something beside its pixels.
    """
    boxes = rows[:, BOX].astype(np.float64)
    margins = margin * np.sqrt(areas(boxes))[:, None]
    least, most = (within.left, within.top), (within.right, within.bottom)
    corners = np.hstack([np.maximum(boxes[:, :2] - margins, least), np.minimum(boxes[:, 2:] + margins, most)])
    parts = _Parts(most=len(corners), rim=rim)
    for corner in corners:
        parts.add(corner)
    return [Region(left=x1, top=y1, right=x2, bottom=y2) for x1, y1, x2, y2 in parts.corners().tolist()]


class _Parts:
    """Parts that join where that costs nothing, in arrays with room for all that may come."""

    def __init__(self, *, most: int, rim: float) -> None:
        self._rim, self._count = rim, 0
        # Left and top, right and bottom: (2, most) each.
        self._starts, self._ends, self._costs = np.empty((2, most)), np.empty((2, most)), np.empty(most)

    def corners(self) -> NDArray[np.float64]:
        """The parts, float64 (n, 4)."""
        return np.concatenate([self._starts[:, : self._count], self._ends[:, : self._count]]).T

    def add(self, part: NDArray[np.float64]) -> None:
        """Add a part (4,); it takes in those that it may join, again and again."""
        start, end = part[:2, None], part[2:, None]
        cost = self._cost(start, end)[0]
        while self._count:
            starts = np.minimum(self._starts[:, : self._count], start)
            ends = np.maximum(self._ends[:, : self._count], end)
            costs = self._cost(starts, ends)
            fits = costs <= self._costs[: self._count] + cost
            at = int(fits.argmax())
            if not fits[at]:
                break
            start, end, cost = starts[:, at : at + 1], ends[:, at : at + 1], costs[at]
            self._remove(at)
        place = slice(self._count, self._count + 1)
        self._starts[:, place], self._ends[:, place], self._costs[place] = start, end, cost
        self._count += 1

    def _cost(self, starts: NDArray[np.float64], ends: NDArray[np.float64]) -> NDArray[np.float64]:
        width, height = ends - starts + self._rim
        return np.asarray(width * height)

    def _remove(self, at: int) -> None:
        for values in (self._starts, self._ends, self._costs):
            values[..., at : self._count - 1] = values[..., at + 1 : self._count]
        self._count -= 1


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
