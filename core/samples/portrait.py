"""A person cut out of the sample portrait, to be modified and placed into scenes."""

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.decode import decode_photo
from core.detection.face import Box
from core.samples.drawn_mask import MaskPosition, MaskStyle, draw_mask
from core.samples.mask_shape import Points
from models.label import Label

Rgb = NDArray[np.uint8]

PORTRAIT_FILE = Path(__file__).with_name("astronaut.jpg")
#: Eyes, nose tip and mouth corners in the file's pixels, the person's right first; then the face's box.
_LANDMARKS = np.array(
    [[200.1, 101.8], [247.1, 102.6], [220.4, 124.5], [198.6, 142.8], [239.7, 143.6]], np.float32
)
_BOX_CORNERS = np.array([[178, 63], [268, 63], [268, 176], [178, 176]], np.float32)
#: Rows and columns of the file with the person; rows from `_NECK` on are the suit.
_PERSON = (slice(0, 400), slice(40, 370))
_NECK = 185
_SUIT_SATURATION = 110


@dataclass(frozen=True, kw_only=True)
class Portrait:
    """One person: `rgb` uint8 (h, w, 3), `alpha` uint8 (h, w), the position and label of the face."""

    rgb: Rgb
    alpha: NDArray[np.uint8]
    landmarks: Points
    #: (4, 2) corners of the face.
    corners: Points
    label: Label = Label.WITHOUT_MASK

    @property
    def box(self) -> Box:
        """The upright box around the face's corners."""
        (x1, y1), (x2, y2) = self.corners.min(0), self.corners.max(0)
        return Box(x1=float(x1), y1=float(y1), x2=float(x2), y2=float(y2))

    def mirrored(self) -> "Portrait":
        """Mirrored horizontally; the person's right eye stays the first landmark."""
        width = np.array([self.rgb.shape[1] - 1, 0], np.float32)
        flip = np.array([-1, 1], np.float32)
        return replace(
            self,
            rgb=np.ascontiguousarray(self.rgb[:, ::-1]),
            alpha=np.ascontiguousarray(self.alpha[:, ::-1]),
            landmarks=(self.landmarks * flip + width)[[1, 0, 2, 4, 3]],
            corners=self.corners * flip + width,
        )

    def tinted(self, light: tuple[float, float, float], hue: int) -> "Portrait":
        """Red, green and blue multiplied by `light`; the suit's hue shifted by `hue` (0 to 179)."""
        hsv = cv2.cvtColor(self.rgb, cv2.COLOR_RGB2HSV)
        suit = (hsv[..., 1] > _SUIT_SATURATION) & (np.arange(len(hsv))[:, None] > _NECK)
        hsv[..., 0] = np.where(suit, (hsv[..., 0].astype(int) + hue) % 180, hsv[..., 0])
        lit = np.asarray(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)) * np.array(light)
        return replace(self, rgb=np.clip(lit, 0, 255).astype(np.uint8))

    def masked(self, style: MaskStyle, position: MaskPosition, rng: np.random.Generator) -> "Portrait":
        """With a drawn mask and the matching label."""
        rgb = draw_mask(self.rgb, self.landmarks, style=style, position=position, rng=rng)
        return replace(self, rgb=rgb, label=position.label)

    def resized(self, scale: float, angle: float = 0.0) -> "Portrait":
        """Scaled, then rotated by `angle` degrees anticlockwise around the centre."""
        method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        rgb = cv2.resize(self.rgb, None, fx=scale, fy=scale, interpolation=method)
        alpha = cv2.resize(self.alpha, (rgb.shape[1], rgb.shape[0]), interpolation=method)
        size = (rgb.shape[1], rgb.shape[0])
        turn = cv2.getRotationMatrix2D((size[0] / 2, size[1] / 2), angle, 1.0).astype(np.float32)
        if angle:
            rgb = cv2.warpAffine(rgb, turn, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            alpha = cv2.warpAffine(alpha, turn, size, flags=cv2.INTER_LINEAR)
        return replace(
            self,
            rgb=np.asarray(rgb, np.uint8),
            alpha=np.asarray(alpha, np.uint8),
            landmarks=(self.landmarks * scale) @ turn[:, :2].T + turn[:, 2],
            corners=(self.corners * scale) @ turn[:, :2].T + turn[:, 2],
        )


@lru_cache(maxsize=1)
def whole_portrait() -> Portrait:
    """The unchanged portrait with its background."""
    rgb = decode_photo(PORTRAIT_FILE.read_bytes()).rgb
    return Portrait(
        rgb=rgb, alpha=np.full(rgb.shape[:2], 255, np.uint8), landmarks=_LANDMARKS, corners=_BOX_CORNERS
    )


@lru_cache(maxsize=1)
def cut_out() -> Portrait:
    """The person without the background, by GrabCut (Rother et al. 2004) from rough outlines."""
    rows, columns = _PERSON
    rgb = np.ascontiguousarray(whole_portrait().rgb[rows, columns])
    shift = np.array([columns.start, rows.start], np.float32)
    regions = _rough_regions(rgb.shape[0], rgb.shape[1])
    cv2.setRNGSeed(1)
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    cv2.grabCut(bgr, regions, None, np.zeros((1, 65)), np.zeros((1, 65)), 4, cv2.GC_INIT_WITH_MASK)  # type: ignore[call-overload]
    alpha = cv2.GaussianBlur((regions & 1) * np.uint8(255), (0, 0), 1.2) * _fade(*rgb.shape[:2])
    return Portrait(
        rgb=rgb,
        alpha=np.asarray(alpha, np.uint8),
        landmarks=_LANDMARKS - shift,
        corners=_BOX_CORNERS - shift,
    )


def _rough_regions(height: int, width: int) -> NDArray[np.uint8]:
    """Mask for GrabCut: surely, probably and surely not the person."""
    regions = np.full((height, width), cv2.GC_PR_BGD, np.uint8)
    body = np.array([[120, 180], [245, 180], [318, 230], [329, 399], [0, 399], [0, 300], [60, 220]], np.int32)
    inner = np.array([[130, 215], [240, 215], [300, 260], [320, 399], [20, 399], [50, 270]], np.int32)
    cv2.ellipse(regions, (180, 105), (75, 98), 0, 0, 360, cv2.GC_PR_FGD, -1)
    cv2.fillPoly(regions, [body], cv2.GC_PR_FGD)
    cv2.ellipse(regions, (183, 95), (48, 70), 0, 0, 360, cv2.GC_FGD, -1)
    cv2.fillPoly(regions, [inner], cv2.GC_FGD)
    flag = np.array([[0, 150], [52, 195], [52, 218], [0, 290]], np.int32)
    cv2.fillPoly(regions, [flag], cv2.GC_BGD)
    regions[:8] = cv2.GC_BGD
    regions[:120, :70] = cv2.GC_BGD
    regions[:200, 290:] = cv2.GC_BGD
    return regions


def _fade(height: int, width: int) -> Points:
    """(h, w) 0 to 1: fades the person out at the sides and the lower edge, where the portrait was cut."""
    x, y = np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32)
    sides = np.clip(np.minimum(x, width - 1 - x) / 18, 0, 1)
    return np.clip((height - 1 - y) / 70, 0, 1)[:, None] * sides[None, :]
