"""Augmentation of canvases: rotation, lighting, blur, low resolution, noise, JPEG compression, greyscale."""

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.card import CONTEXT
from core.training.network.canvas import CANVAS_CONTEXT

Pixels = NDArray[np.uint8]
#: Range of face sizes in pixels that the low-resolution augmentation shrinks a face to.
LOWEST_FACE, LOW_FACE = 11.0, 64.0


def centre_window(canvas: Pixels, side: int) -> Pixels:
    """The window that prediction would see, uint8 (side, side, 3), not augmented."""
    return _window(canvas, side, scale=1.0, shift=(0.0, 0.0), degrees=0.0, flip=False)


def augment(canvas: Pixels, side: int, rng: np.random.Generator) -> Pixels:
    """An augmented window of a canvas (176, 176, 3), uint8 (side, side, 3) RGB."""
    window = _window(
        canvas,
        side,
        scale=float(rng.uniform(0.84, 1.2)),
        shift=(float(rng.normal(0, 0.05)), float(rng.normal(0, 0.06))),
        degrees=float(rng.normal(0, 8 if rng.random() < 0.85 else 25)),
        flip=bool(rng.random() < 0.5),
    )
    if rng.random() < 0.1:
        window = _half_hidden(window, rng)
    if rng.random() < 0.8:
        window = _lit(window, rng)
    if rng.random() < 0.08:
        window = _in_the_dark(window, rng)
    if rng.random() < 0.15:
        window = _blurred(window, rng)
    if rng.random() < 0.35:
        window = _low_resolution(window, rng)
    if rng.random() < 0.2:
        window = _noisy(window, rng)
    if rng.random() < 0.4:
        window = _compressed(window, rng)
    return _grey(window) if rng.random() < 0.03 else window


def photographed(picture: Pixels, rng: np.random.Generator) -> Pixels:
    """A picture of any size as another camera would have taken it: light, focus, noise, compression."""
    if rng.random() < 0.8:
        picture = _lit(picture, rng)
    if rng.random() < 0.1:
        picture = _blurred(picture, rng)
    if rng.random() < 0.2:
        picture = _noisy(picture, rng)
    if rng.random() < 0.3:
        picture = _compressed(picture, rng)
    return _grey(picture) if rng.random() < 0.04 else picture


def _window(
    canvas: Pixels, side: int, *, scale: float, shift: tuple[float, float], degrees: float, flip: bool
) -> Pixels:
    """Cut a window of `scale` times the classifier's context, moved by `shift` times its side."""
    length = canvas.shape[0] * CONTEXT / CANVAS_CONTEXT * scale
    factor = length / side
    centre = canvas.shape[0] / 2
    angle = np.deg2rad(degrees)
    cos, sin = factor * np.cos(angle), factor * np.sin(angle)
    turn = np.array([[-cos if flip else cos, -sin], [-sin if flip else sin, cos]])
    middle = np.array([centre + shift[0] * length, centre + shift[1] * length])
    origin = middle - turn @ np.array([side - 1, side - 1]) / 2 - 0.5
    matrix = np.column_stack([turn, origin])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return _uint8(cv2.warpAffine(canvas, matrix, (side, side), flags=flags, borderMode=cv2.BORDER_REPLICATE))


def _lit(window: Pixels, rng: np.random.Generator) -> Pixels:
    """Brightness, contrast, colour cast and saturation, as one affine map of the colours.

    One pass over bytes: float copies of every crop took more time than the network's training step.
    """
    contrast = rng.uniform(0.65, 1.35) * rng.uniform(0.9, 1.1, 3)
    saturation = rng.uniform(0.6, 1.35)
    mix = np.eye(3) * saturation + (1 - saturation) / 3
    matrix = mix @ np.diag(contrast)
    offset = mix @ (128 - 128 * contrast) + rng.uniform(-35, 35)
    return _uint8(cv2.transform(window, np.column_stack([matrix, offset])))


def _half_hidden(window: Pixels, rng: np.random.Generator) -> Pixels:
    """Something out of focus, in colours of the picture, before one side of the face, as in a crowd."""
    side = window.shape[0]
    small = cv2.resize(window[::-1], (3, 3), interpolation=cv2.INTER_AREA)
    before = cv2.resize(small, (side, side), interpolation=cv2.INTER_LINEAR)
    reach, lean = rng.uniform(0.12, 0.42), rng.uniform(-0.15, 0.15)
    edge = side * (reach + lean * np.linspace(-1, 1, side))[:, None]
    covered = np.clip((edge - np.arange(side)[None]) / max(0.03 * side, 1) + 0.5, 0, 1)
    covered = (covered if rng.random() < 0.5 else covered[:, ::-1])[..., None]
    return _uint8(window * (1 - covered) + before * covered * rng.uniform(0.5, 1.1))


def _in_the_dark(window: Pixels, rng: np.random.Generator) -> Pixels:
    """A face without light: little of the range is left, and the sensor's noise."""
    dark = cv2.convertScaleAbs(window, alpha=float(rng.uniform(0.12, 0.5)), beta=float(rng.uniform(0, 12)))
    return _noisy(_uint8(dark), rng) if rng.random() < 0.5 else _uint8(dark)


def _blurred(window: Pixels, rng: np.random.Generator) -> Pixels:
    """Out-of-focus blur, or motion blur in a random direction."""
    if rng.random() < 0.5:
        return _uint8(cv2.GaussianBlur(window, (0, 0), float(rng.uniform(0.6, 2.5))))
    length = int(rng.integers(3, 10))
    turned = cv2.getRotationMatrix2D(((length - 1) / 2, (length - 1) / 2), float(rng.uniform(0, 180)), 1)
    line = np.zeros((length, length), np.float32)
    line[length // 2] = 1
    kernel = cv2.warpAffine(line, turned, (length, length))
    weights = np.asarray(kernel, np.float32) / max(float(np.sum(kernel)), 1e-3)
    return _uint8(cv2.filter2D(window, -1, weights))


def _low_resolution(window: Pixels, rng: np.random.Generator) -> Pixels:
    face = float(np.exp(rng.uniform(np.log(LOWEST_FACE), np.log(LOW_FACE))))
    small = max(8, round(face * CONTEXT))
    if small >= window.shape[0]:
        return window
    shrunk = cv2.resize(window, (small, small), interpolation=cv2.INTER_AREA)
    if rng.random() < 0.5:
        shrunk = _compressed(_uint8(shrunk), rng)
    return _uint8(cv2.resize(shrunk, window.shape[:2], interpolation=cv2.INTER_LINEAR))


def _noisy(window: Pixels, rng: np.random.Generator) -> Pixels:
    noise = rng.standard_normal(window.shape, np.float32)
    return _uint8(cv2.addWeighted(window, 1.0, noise, float(rng.uniform(2, 14)), 0, dtype=cv2.CV_8U))


def _compressed(window: Pixels, rng: np.random.Generator) -> Pixels:
    quality = int(rng.integers(18, 90))
    _, data = cv2.imencode(".jpg", window, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return _uint8(np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR)))


def _grey(window: Pixels) -> Pixels:
    return _uint8(np.repeat(cv2.cvtColor(window, cv2.COLOR_RGB2GRAY)[..., None], 3, axis=2))


def _uint8(pixels: np.ndarray) -> Pixels:
    return pixels if pixels.dtype == np.uint8 else np.clip(pixels, 0, 255).astype(np.uint8)
