"""Whether one photo lies within another, pixel by pixel: cropped, resized, mirrored, with bars or a mark.

Corners that both have (ORB: Rublee et al., ICCV 2011) tell how one is laid over the other; laid so, the two
must look the same in most places. Another shot of a scene fits in its corners, but not in what moved.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.dedup.embedding import without_bars
from core.detection.decode import decode_photo

#: Pixels of the shorter side at which corners are sought; the longer side has twice as many at most.
_SIDE = 256
_CORNERS = 600
#: A match counts where the second best is clearly worse.
_CLEARLY = 0.85
#: Corners that must agree on how the two lie, each within so many pixels.
_LEAST_CORNERS = 10
_PIXELS_OFF = 3
#: Share of the smaller photo that must lie within the larger one.
_LEAST_WITHIN = 0.9
#: The overlap is compared at this side, cut into squares of 8 pixels.
_COMPARED_SIDE = 64
_SQUARES = 8
#: Added to variances, in squared grey levels: what differs less than noise does not differ.
_NOISE = 100.0
#: All but an eighth of the squares must be so much alike: a mark may cover the others.
_LEAST_ALIKE = 0.8
_SQUARES_AMISS = _SQUARES**2 // 8


@dataclass(frozen=True, kw_only=True)
class Outline:
    """Grey pixels uint8 (h, w), corners float32 (n, 2) as x and y, their descriptors uint8 (n, 32)."""

    grey: NDArray[np.uint8]
    corners: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def mirrored(self) -> "Outline":
        """Of the photo left to right."""
        return _outline(np.ascontiguousarray(self.grey[:, ::-1]))


def outline_of(data: bytes, *, short_side: int) -> Outline:
    """Of a photo's file whose shorter side has so many pixels. Raises InputError as `decode_photo` does."""
    rgb = without_bars(decode_photo(data, min_scale=min(1.0, _SIDE / short_side)).rgb)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    scale = min(_SIDE / min(grey.shape), 2 * _SIDE / max(grey.shape))
    width, height = (max(1, round(side * scale)) for side in grey.shape[::-1])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return _outline(np.asarray(cv2.resize(grey, (width, height), interpolation=method), np.uint8))


def lies_within(one: Outline, other: Outline) -> bool:
    """Whether the smaller of two photos is a part of the larger one, as it is or mirrored."""
    return _fits(one, other) or _fits(one, other.mirrored())


def _outline(grey: NDArray[np.uint8]) -> Outline:
    found, descriptors = cv2.ORB.create(_CORNERS, fastThreshold=5).detectAndCompute(grey, None)
    corners = np.array([each.pt for each in found], np.float32).reshape(-1, 2)
    if descriptors is None:
        descriptors = np.empty((0, 32), np.uint8)
    return Outline(grey=grey, corners=corners, descriptors=np.asarray(descriptors, np.uint8))


def _fits(one: Outline, other: Outline) -> bool:
    laid = _lay_over(one, other)
    return laid is not None and _is_same(one.grey, other.grey, laid)


def _lay_over(one: Outline, other: Outline) -> NDArray[np.float64] | None:
    """The affine matrix (2, 3) from pixels of `other` to those of `one`; None where too few corners agree."""
    if min(len(one.corners), len(other.corners)) < _LEAST_CORNERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(other.descriptors, one.descriptors, k=2)
    clear = [best for best, second in pairs if best.distance < _CLEARLY * second.distance]
    if len(clear) < _LEAST_CORNERS:
        return None
    # RANSAC draws: the same pair is to get the same answer always.
    cv2.setRNGSeed(1)
    laid, agreeing = cv2.estimateAffine2D(
        other.corners[[match.queryIdx for match in clear]],
        one.corners[[match.trainIdx for match in clear]],
        method=cv2.RANSAC,
        ransacReprojThreshold=_PIXELS_OFF,
        maxIters=1000,
    )
    if laid is None or int(agreeing.sum()) < _LEAST_CORNERS:
        return None
    return np.asarray(laid, np.float64)


def _is_same(one: NDArray[np.uint8], other: NDArray[np.uint8], laid: NDArray[np.float64]) -> bool:
    """Whether the overlap holds nearly all of the smaller photo and looks the same in both."""
    size = one.shape[1], one.shape[0]
    covered = cv2.warpAffine(np.full(other.shape, 255, np.uint8), laid, size) == 255
    smaller = min(one.size, other.size * abs(float(np.linalg.det(laid[:, :2]))))
    if covered.sum() < max(_LEAST_WITHIN * smaller, _COMPARED_SIDE**2):
        return False
    laid_over = np.asarray(cv2.warpAffine(other, laid, size), np.uint8)
    rows, columns = (slice(at[0] + 2, at[-1] - 1) for at in _inner(covered))
    alike = _alike(_squares(one[rows, columns]), _squares(laid_over[rows, columns]))
    return bool(np.sort(alike)[_SQUARES_AMISS] >= _LEAST_ALIKE)


def _inner(covered: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Rows and columns that are covered, of which there are some."""
    return np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))


def _squares(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Squares of uint8 (h, w), float32 (squares, pixels), each less its mean."""
    small = cv2.resize(grey, (_COMPARED_SIDE, _COMPARED_SIDE), interpolation=cv2.INTER_AREA)
    step = _COMPARED_SIDE // _SQUARES
    cut = small.astype(np.float32).reshape(_SQUARES, step, _SQUARES, step).swapaxes(1, 2)
    squares = cut.reshape(_SQUARES**2, step**2)
    return squares - squares.mean(axis=1, keepdims=True)


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 for squares that are the same, 0 for such as have nothing in common."""
    variance = ((one**2).mean(axis=1) + (other**2).mean(axis=1)) / 2
    return np.asarray(((one * other).mean(axis=1) + _NOISE) / (variance + _NOISE), np.float32)
