"""Draw what covers a mouth and is no mask (scarf, hand, cup, bottle) on a face with five known landmarks."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from core.samples.mask_shape import FaceFrame, Points, coverage

Rgb = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]

_WOOL = ((30, 30, 34), (60, 70, 95), (190, 185, 175), (130, 35, 45), (70, 95, 75), (95, 95, 100),
         (200, 170, 120), (150, 110, 80), (215, 210, 200), (80, 60, 95))  # fmt: skip
_CROCKERY = ((240, 240, 236), (225, 215, 200), (150, 100, 60), (35, 35, 38), (60, 110, 80), (190, 40, 45),
             (205, 225, 235), (60, 90, 150))  # fmt: skip
_BOTTLES = ((200, 220, 230), (70, 120, 80), (110, 70, 40), (60, 120, 190), (225, 230, 235))
#: Distance between fingers and thickness of a finger, in eye-to-mouth distances.
_FINGER_STEP, _FINGER = 0.27, 0.3


class Cover(StrEnum):
    """What covers the mouth."""

    #: Cloth from the nose or the mouth down over the neck, wider than the face.
    SCARF = "scarf"
    #: A hand with four fingers, in the skin colour of the face.
    HAND = "hand"
    #: A cup at the mouth, held from one side.
    CUP = "cup"
    #: A bottle with its neck at the mouth.
    BOTTLE = "bottle"


def draw_cover(rgb: Rgb, landmarks: Points, *, cover: Cover, rng: np.random.Generator) -> Rgb:
    """A copy of `rgb`, uint8 (h, w, 3), with the cover drawn on the face at `landmarks`.

    `landmarks` is (5, 2) x, y in pixels: right eye, left eye, nose tip, right and left mouth corner, the
    person's right first. Raises ValueError for landmarks that do not form a face.
    """
    frame = FaceFrame.of(landmarks)
    drawn = rgb.astype(np.float32)
    _DRAWERS[cover](drawn, frame, rng)
    return np.clip(drawn + 0.5, 0, 255).astype(np.uint8)


def _scarf(drawn: Plane, frame: FaceFrame, rng: np.random.Generator) -> None:
    top = rng.uniform(0.25, 0.8)
    half = np.array(
        [
            (0, top),
            (0.45, top + 0.06),
            (0.85, top + 0.1),
            (1.15, top + 0.35),
            (1.55, 1.7),
            (1.8, 2.3),
            (1.5, 3.2),
        ]
    )
    half = half + rng.normal(0, 0.05, half.shape)
    other = half[::-1] * (-1, 1) + rng.normal(0, 0.05, half.shape)
    shift = np.array([frame.turn * 0.35, 0.0])
    edge = frame.pixels((np.concatenate([half, other]) + shift).astype(np.float32))
    part, left, top_row = _around(drawn, edge, frame)
    u, v = frame.grid(left, top_row, part.shape[1], part.shape[0])
    slope, count = rng.uniform(-0.5, 0.5), rng.uniform(5, 11)
    folds = np.sin((v + slope * u + 0.25 * u * u + 0.08 * np.sin(4 * u + rng.uniform(0, 6))) * count)
    knit = 0.04 * np.sin(u * rng.uniform(40, 80)) * np.sin(v * rng.uniform(40, 80))
    light = _brightness(drawn, frame) * (1 + rng.uniform(0.06, 0.16) * folds + knit)
    colour = np.array(_WOOL[rng.integers(len(_WOOL))]) + rng.normal(0, 10, 3)
    _lay(drawn, edge, light[..., None] * colour, frame)


def _hand(drawn: Plane, frame: FaceFrame, rng: np.random.Generator) -> None:
    side = rng.choice((-1.0, 1.0))
    skin = _skin(drawn, frame) * rng.uniform(0.8, 1.12)
    start = np.array([side * rng.uniform(0.9, 1.2), rng.uniform(1.5, 2.1)])
    angle = rng.uniform(0, 2 * np.pi, 24)
    palm = start + np.stack([np.cos(np.sort(angle)) * 0.65, np.sin(np.sort(angle)) * 0.75], 1)
    _limb(drawn, frame.pixels(palm.astype(np.float32)), skin, frame, rng)
    first, reach = rng.uniform(0.55, 0.8), -side * rng.uniform(0.35, 0.8)
    for finger in range(4):
        tip = np.array([reach + side * 0.12 * abs(finger - 1.5), first + _FINGER_STEP * finger])
        root = start + np.array([0, _FINGER_STEP * (finger - 1.5)])
        _limb(drawn, frame.pixels(_finger(root, tip).astype(np.float32)), skin, frame, rng)


def _cup(drawn: Plane, frame: FaceFrame, rng: np.random.Generator) -> None:
    """A paper cup, mug or glass that hides the mouth, and the fingers around it."""
    top, height = rng.uniform(0.72, 0.9), rng.uniform(0.7, 1.3)
    half, narrow = rng.uniform(0.32, 0.55), rng.uniform(0.65, 1.0)
    middle = frame.turn * 0.35 + rng.normal(0, 0.06)
    lean = rng.normal(0, 0.08)
    corners = [(-half, 0.04), (-0.5 * half, -0.02), (0.5 * half, -0.02), (half, 0.04),
               (half * narrow, height), (0, height + 0.08), (-half * narrow, height)]  # fmt: skip
    edge = np.array([(middle + u + lean * v, top + v) for u, v in corners], np.float32)
    colour = np.array(_CROCKERY[rng.integers(len(_CROCKERY))]) + rng.normal(0, 10, 3)
    _round_thing(drawn, edge, colour, frame, (middle, half))
    side = rng.choice((-1.0, 1.0))
    skin = _skin(drawn, frame) * rng.uniform(0.8, 1.12)
    for finger in range(rng.integers(2, 5)):
        v = top + 0.25 + _FINGER_STEP * finger
        bar = _finger(np.array([middle + side * 1.1, v + 0.1]), np.array([middle + side * 0.05, v]))
        _limb(drawn, frame.pixels(bar.astype(np.float32)), skin, frame, rng)


def _bottle(drawn: Plane, frame: FaceFrame, rng: np.random.Generator) -> None:
    """A bottle from the mouth downwards or to one side."""
    start = np.array([frame.turn * 0.35 + rng.normal(0, 0.05), rng.uniform(0.86, 0.96)])
    angle = rng.uniform(-1.3, 1.3)
    along = np.array([np.sin(angle), np.cos(angle)])
    across = np.array([along[1], -along[0]])
    neck, body, reach = rng.uniform(0.22, 0.34), rng.uniform(0.32, 0.5), rng.uniform(0.25, 0.5)
    shape = [(0.0, neck), (reach, neck), (reach + 0.25, body), (reach + 1.6, body)]
    one = [start + along * v + across * u for v, u in shape]
    other = [start + along * v - across * u for v, u in reversed(shape)]
    colour = np.array(_BOTTLES[rng.integers(len(_BOTTLES))]) + rng.normal(0, 10, 3)
    edge = np.array([*one, *other], np.float32)
    _round_thing(drawn, edge, colour, frame, (float(start[0]), body))


def _round_thing(
    drawn: Plane, edge: Points, colour: Plane, frame: FaceFrame, middle: tuple[float, float]
) -> None:
    """A shaded thing inside an outline in u, v; `middle` is its centre and half its width, in u."""
    outline = frame.pixels(edge)
    part, left, top = _around(drawn, outline, frame)
    u, _ = frame.grid(left, top, part.shape[1], part.shape[0])
    shade = 0.75 + 0.35 * np.cos(np.clip((u - middle[0]) / max(middle[1], 0.1), -1.5, 1.5))
    light = _brightness(drawn, frame) * shade
    _lay(drawn, outline, light[..., None] * colour, frame)


def _finger(root: Points, tip: Points) -> Points:
    """A rounded bar from root to tip as a polygon, (n, 2)."""
    along = (tip - root) / max(float(np.linalg.norm(tip - root)), 1e-6)
    across = np.array([-along[1], along[0]]) * _FINGER / 2
    turns = np.linspace(-np.pi / 2, np.pi / 2, 7)
    cap = [tip + np.cos(turn) * along * _FINGER / 2 + np.sin(turn) * across for turn in turns]
    return np.array([root - across, *cap, root + across])


def _limb(drawn: Plane, edge: Points, skin: Plane, frame: FaceFrame, rng: np.random.Generator) -> None:
    """Skin inside an outline, darker towards the edge like a round limb."""
    part, left, top = _around(drawn, edge, frame)
    if not part.size:
        return
    inside = (coverage(edge, left, top, part.shape[1], part.shape[0]) > 0.5).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 3) / np.float32(frame.height_unit * _FINGER / 2)
    shade = 0.72 + 0.3 * np.clip(depth, 0, 1) + 0.015 * rng.standard_normal(depth.shape, np.float32)
    _lay(drawn, edge, shade[..., None] * skin, frame)


def _lay(drawn: Plane, edge: Points, pixels: Plane, frame: FaceFrame) -> None:
    """Lay pixels, (h, w, 3) of the part around a soft outline, over what is inside it."""
    part, left, top = _around(drawn, edge, frame)
    if not part.size:
        return
    sharp = coverage(edge, left, top, part.shape[1], part.shape[0])
    mask = cv2.GaussianBlur(sharp, (0, 0), _softness(frame))[..., None]
    part[:] = part * (1 - mask) + pixels * mask


def _around(drawn: Plane, edge: Points, frame: FaceFrame) -> tuple[Plane, int, int]:
    """The part of the picture that a soft outline touches, as a view, and its left top corner in pixels."""
    room = 2 + 4 * _softness(frame)
    left, top = np.floor(edge.min(axis=0) - room).astype(int).clip(0).tolist()
    right, bottom = np.ceil(edge.max(axis=0) + room).astype(int).clip(0).tolist()
    return drawn[top:bottom, left:right], left, top


def _softness(frame: FaceFrame) -> float:
    return 0.5 + 0.01 * frame.height_unit


def _brightness(drawn: Plane, frame: FaceFrame) -> float:
    """Brightness of the face relative to skin in daylight."""
    return float(np.clip(_skin(drawn, frame).mean() / 150, 0.35, 1.15))


def _skin(drawn: Plane, frame: FaceFrame) -> Plane:
    """Median colour between the eyes, on the nose and on the cheeks, (3,)."""
    places = np.array([(0, 0.1), (0, 0.35), (-0.4, 0.5), (0.4, 0.5), (-0.3, 0.4), (0.3, 0.4)], np.float32)
    x, y = np.round(frame.pixels(places)).astype(int).T
    height, width = drawn.shape[:2]
    seen = drawn[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)]
    return np.asarray(np.median(seen, axis=0), np.float32)


_DRAWERS: dict[Cover, Callable[[Plane, FaceFrame, np.random.Generator], None]] = {
    Cover.SCARF: _scarf,
    Cover.HAND: _hand,
    Cover.CUP: _cup,
    Cover.BOTTLE: _bottle,
}
