"""Check pixel by pixel whether one photo is part of another: cropped, resized, mirrored, with bars or a mark.

Matching corners (ORB: Rublee et al., ICCV 2011) give the transform from one photo to the other. After
alignment the two must be equal in most places. A second shot of the same scene has matching corners, but
moving parts differ.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.dedup.embedding import crop_bars
from core.detection.decode import decode_photo

#: Shorter side in pixels at which corners are detected; the longer side is at most twice as long.
_SIDE = 256
_CORNERS = 600
#: A match counts if its distance is below this share of the second best one's (Lowe's ratio test).
_LOWE_RATIO = 0.85
#: Number of corners that must agree with the transform, each within `_MAX_ERROR` pixels.
_MIN_INLIERS = 10
_MAX_ERROR = 3
#: Share of the smaller photo that must be inside the larger one.
_MIN_INSIDE = 0.9
#: The overlap is resized to this side and compared in 8 x 8 squares.
_COMPARED_SIDE = 64
_SQUARES = 8
#: Added to variances, in squared grey levels, so that noise in flat areas does not count as a difference.
_NOISE = 100.0
#: Correlation that all but an eighth of the squares must have; a mark may cover the others.
_MIN_CORRELATION = 0.8
_SQUARES_MAY_DIFFER = _SQUARES**2 // 8


@dataclass(frozen=True, kw_only=True)
class Corners:
    """A photo for alignment: grey uint8 (h, w), corners float32 (n, 2) as x, y, descriptors uint8 (n, 32)."""

    grey: NDArray[np.uint8]
    corners: NDArray[np.float32]
    descriptors: NDArray[np.uint8]

    def mirrored(self) -> "Corners":
        """The corners of the mirrored photo."""
        return _detect(np.ascontiguousarray(self.grey[:, ::-1]))


def detect_corners(data: bytes, *, short_side: int) -> Corners:
    """Corners of a photo's file; `short_side` is the photo's shorter side in pixels.

    Raises InputError as `decode_photo` does.
    """
    rgb = crop_bars(decode_photo(data, min_scale=min(1.0, _SIDE / short_side)).rgb)
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    scale = min(_SIDE / min(grey.shape), 2 * _SIDE / max(grey.shape))
    width, height = (max(1, round(side * scale)) for side in grey.shape[::-1])
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return _detect(np.asarray(cv2.resize(grey, (width, height), interpolation=method), np.uint8))


def is_part(one: Corners, other: Corners) -> bool:
    """Whether the smaller of two photos is part of the larger one, mirrored or not."""
    return _fits(one, other) or _fits(one, other.mirrored())


def _detect(grey: NDArray[np.uint8]) -> Corners:
    found, descriptors = cv2.ORB.create(_CORNERS, fastThreshold=5).detectAndCompute(grey, None)
    corners = np.array([each.pt for each in found], np.float32).reshape(-1, 2)
    if descriptors is None:
        descriptors = np.empty((0, 32), np.uint8)
    return Corners(grey=grey, corners=corners, descriptors=np.asarray(descriptors, np.uint8))


def _fits(one: Corners, other: Corners) -> bool:
    transform = _find_transform(one, other)
    return transform is not None and _is_equal(one.grey, other.grey, transform)


def _find_transform(one: Corners, other: Corners) -> NDArray[np.float64] | None:
    """Affine matrix (2, 3) from pixels of `other` to those of `one`; None where too few corners agree."""
    if min(len(one.corners), len(other.corners)) < _MIN_INLIERS:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING).knnMatch(other.descriptors, one.descriptors, k=2)
    clear = [best for best, second in pairs if best.distance < _LOWE_RATIO * second.distance]
    if len(clear) < _MIN_INLIERS:
        return None
    # RANSAC is random: with a fixed seed, a pair always gets the same answer.
    cv2.setRNGSeed(1)
    transform, inliers = cv2.estimateAffine2D(
        other.corners[[match.queryIdx for match in clear]],
        one.corners[[match.trainIdx for match in clear]],
        method=cv2.RANSAC,
        ransacReprojThreshold=_MAX_ERROR,
        maxIters=1000,
    )
    if transform is None or int(inliers.sum()) < _MIN_INLIERS:
        return None
    return np.asarray(transform, np.float64)


def _is_equal(one: NDArray[np.uint8], other: NDArray[np.uint8], transform: NDArray[np.float64]) -> bool:
    """Whether the overlap contains nearly all of the smaller photo and is equal in both."""
    size = one.shape[1], one.shape[0]
    covered = cv2.warpAffine(np.full(other.shape, 255, np.uint8), transform, size) == 255
    smaller = min(one.size, other.size * abs(float(np.linalg.det(transform[:, :2]))))
    if covered.sum() < max(_MIN_INSIDE * smaller, _COMPARED_SIDE**2):
        return False
    aligned = np.asarray(cv2.warpAffine(other, transform, size), np.uint8)
    rows, columns = (slice(at[0] + 2, at[-1] - 1) for at in _covered_span(covered))
    correlations = _correlations(_squares(one[rows, columns]), _squares(aligned[rows, columns]))
    return bool(np.sort(correlations)[_SQUARES_MAY_DIFFER] >= _MIN_CORRELATION)


def _covered_span(covered: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the rows and of the columns with a covered pixel; at least one is covered."""
    return np.flatnonzero(covered.any(axis=1)), np.flatnonzero(covered.any(axis=0))


def _squares(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Squares of uint8 (h, w), float32 (squares, pixels), each minus its mean."""
    small = cv2.resize(grey, (_COMPARED_SIDE, _COMPARED_SIDE), interpolation=cv2.INTER_AREA)
    step = _COMPARED_SIDE // _SQUARES
    cut = small.astype(np.float32).reshape(_SQUARES, step, _SQUARES, step).swapaxes(1, 2)
    squares = cut.reshape(_SQUARES**2, step**2)
    return squares - squares.mean(axis=1, keepdims=True)


def _correlations(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float32]:
    """Correlation per square: 1 where both are equal, 0 where they have nothing in common."""
    variance = ((one**2).mean(axis=1) + (other**2).mean(axis=1)) / 2
    return np.asarray(((one * other).mean(axis=1) + _NOISE) / (variance + _NOISE), np.float32)
