"""Draw a mask on a face with five known landmarks, for sample photos and for training."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.samples.mask_fabric import MaskGrid, Plane, strap_colour, weave
from core.samples.mask_shape import FaceFrame, MaskPosition, MaskStyle, Points, coverage, outline, straps

__all__ = ["MaskPosition", "MaskStyle", "draw_mask"]

Rgb = NDArray[np.uint8]
#: Left, top, width and height of the changed part of the photo.
Window = tuple[int, int, int, int]


def draw_mask(
    rgb: Rgb,
    landmarks: Points,
    *,
    style: MaskStyle,
    position: MaskPosition,
    rng: np.random.Generator,
) -> Rgb:
    """A copy of `rgb`, uint8 (h, w, 3), with a mask drawn on the face at `landmarks`.

    `landmarks` is (5, 2) x, y in pixels: right eye, left eye, nose tip, right and left mouth corner, the
    person's right first. The mask follows the head's yaw and roll and has the lighting of the face.
    Raises ValueError for landmarks that do not form a face.
    """
    frame = FaceFrame.of(landmarks)
    edge = outline(frame, style, position, rng)
    lines = straps(frame, edge, style)
    window = _window(frame, [edge, *lines], rgb.shape)
    drawn = rgb.copy()
    if window is None:
        return drawn
    left, top, width, height = window
    part = drawn[top : top + height, left : left + width]
    softness = rng.uniform(0.4, 0.9) + 0.012 * frame.height_unit * rng.random()
    mask = coverage(frame.pixels(edge), *window)
    light = _light(part, rgb, rng)
    shaded = _shadowed(part, mask, frame, rng)
    strapped = _strapped(shaded, frame, lines, window, strap_colour(style, rng) * light, softness)
    fabric = weave(_grid(frame, edge, mask, window), style, position, rng) * light
    alpha = cv2.GaussianBlur(mask, (0, 0), softness)[..., None]
    mixed = strapped * (1 - alpha) + fabric * alpha
    part[:] = np.clip(mixed + 0.5, 0, 255).astype(np.uint8)
    return drawn


def _window(frame: FaceFrame, shapes: list[Points], photo: tuple[int, ...]) -> Window | None:
    """Bounds of the drawing within the photo, with a margin for soft edges; None if it is all outside."""
    points = frame.pixels(np.concatenate(shapes))
    room = 3 + 0.15 * frame.height_unit
    left, top = np.maximum(np.floor(points.min(0) - room), 0).astype(int)
    right, bottom = np.minimum(np.ceil(points.max(0) + room).astype(int), (photo[1], photo[0]))
    if right - left < 2 or bottom - top < 2:
        return None
    return int(left), int(top), int(right - left), int(bottom - top)


def _grid(frame: FaceFrame, edge: Points, mask: Plane, window: Window) -> MaskGrid:
    u, v = frame.grid(*window)
    middle = frame.turn * frame.ridge(v)
    least, greatest = edge[:, 0].min(), edge[:, 0].max()
    reach = np.where(u > middle, greatest - middle, middle - least)
    inside = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    return MaskGrid(
        across=(u - middle) / np.maximum(reach, 0.05),
        down=(v - edge[:, 1].min()) / np.ptp(edge[:, 1]),
        depth=inside / np.float32(frame.height_unit),
    )


def _light(part: Rgb, rgb: Rgb, rng: np.random.Generator) -> Plane:
    """Lighting of the face as it would be on white paper, (h, w, 3) around 1.

    Brightness is estimated from the mean and the highlights of the covered part, its gradient from a coarse
    blur, its tint from the mean colour of the photo.
    """
    grey = cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (8, 8), interpolation=cv2.INTER_AREA).astype(np.float32)
    even = np.asarray(cv2.GaussianBlur(small, (0, 0), 1.0)) + 4
    course = cv2.resize(even / even.mean(), (part.shape[1], part.shape[0]), interpolation=cv2.INTER_CUBIC)
    brightness = 0.3 + 0.45 * float(grey.mean()) / 130 + 0.3 * float(np.percentile(grey[::3, ::3], 97)) / 220
    brightness = float(np.clip(brightness * rng.uniform(0.88, 1.1), 0.3, 1.08))
    mean = rgb[::7, ::7].reshape(-1, 3).mean(0) + 8
    tint = 1 + rng.uniform(0, 0.3) * (mean / mean.mean() - 1)
    falloff = np.clip(course, 0.35, 1.6) ** rng.uniform(0.45, 0.8)
    return (brightness * falloff[..., None] * tint).astype(np.float32)


def _shadowed(part: Rgb, mask: Plane, frame: FaceFrame, rng: np.random.Generator) -> Plane:
    """The skin around the mask, slightly darker in the mask's shadow."""
    spread = max(0.05 * frame.height_unit, 0.6)
    shadow = cv2.GaussianBlur(mask, (0, 0), spread) * np.float32(rng.uniform(0.1, 0.35))
    return part.astype(np.float32) * (1 - shadow[..., None])


def _strapped(
    under: Plane, frame: FaceFrame, lines: list[Points], window: Window, colour: Plane, softness: float
) -> Plane:
    """`under` with ear loops or head straps drawn on it in `colour`, (h, w, 3)."""
    canvas = np.zeros(under.shape[:2], np.uint8)
    thickness = max(1, round(0.035 * frame.height_unit))
    for line in lines:
        fixed = np.round((frame.pixels(line) - np.array(window[:2], np.float32)) * 16).astype(np.int32)
        cv2.polylines(canvas, [fixed], False, 255, thickness, cv2.LINE_AA, 4)
    # A strap thinner than a pixel only tints the pixels below it.
    share = np.float32(min(1.0, 0.05 * frame.height_unit + 0.25) / 255)
    alpha = (cv2.GaussianBlur(canvas, (0, 0), softness) * share)[..., None]
    return under * (1 - alpha) + colour * alpha
