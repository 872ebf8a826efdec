"""Scenes: drawn backgrounds, and people placed in front of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.face import Box
from core.samples.drawn_mask import MaskPosition, MaskStyle
from core.samples.portrait import Portrait, Rgb, cut_out
from models.label import Label

#: How people wear a mask, in tenths; None means no mask.
_MIX = (None, None, None, *[MaskPosition.WORN] * 5, MaskPosition.UNDER_NOSE, MaskPosition.CHIN)
_LIGHTS = ((1.0, 1.0, 1.0), (0.82, 0.72, 0.66), (0.6, 0.48, 0.42), (1.05, 0.98, 0.88), (0.75, 0.78, 0.85))
_FACE_WIDTH = 90.0
#: Distance of two rows of people in pixels of the portrait, so that heads show above the row in front.
_ROW_STEP = 250


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A sample photo's pixels, uint8 (h, w, 3) RGB, and the faces in it."""

    rgb: Rgb
    faces: tuple[tuple[Box, Label], ...] = ()


def room(width: int, height: int, rng: np.random.Generator) -> Rgb:
    """A room: a wall with light from a window, a darker floor, and blurred furniture."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    light = np.exp(-(((x / width - rng.random()) / 0.6) ** 2 + ((y / height - 0.2) / 0.7) ** 2))
    wall = _muted(rng) + light[..., None] * 50
    wall[int(height * 0.75) :] *= 0.6
    canvas = np.clip(wall, 0, 255).astype(np.uint8)
    for _ in range(6):
        corner = (rng.random(2) * (width, height)).astype(int)
        size = (rng.uniform(0.05, 0.25, 2) * (width, height)).astype(int)
        cv2.rectangle(canvas, corner.tolist(), (corner + size).tolist(), _muted(rng).tolist(), -1)
    soft = cv2.GaussianBlur(canvas, (0, 0), max(width, height) / 150)
    return _grainy(np.asarray(soft, np.uint8), rng)


def _muted(rng: np.random.Generator) -> NDArray[np.float32]:
    """A colour of walls and furniture, (3,) RGB."""
    return (rng.uniform(60, 200) + rng.uniform(-25, 25, 3)).astype(np.float32)


def landscape(width: int, height: int, rng: np.random.Generator) -> Rgb:
    """Sky, hills and grass."""
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    zenith, horizon = np.array([[110, 160, 220], [225, 230, 235]], np.float32)
    canvas = (zenith * (1 - y) + horizon * y).repeat(width, 1)
    x = np.arange(width)
    for depth, colour in ((0.5, (110, 130, 150)), (0.62, (80, 120, 80)), (0.75, (70, 105, 45))):
        waves = np.sum([np.sin(x / width * k + rng.random() * 6) / k for k in (3, 7, 13)], 0)
        edge = (depth + 0.06 * waves) * height
        canvas[np.arange(height)[:, None] > edge[None]] = colour
    soft = cv2.GaussianBlur(np.clip(canvas, 0, 255).astype(np.uint8), (0, 0), 1.5)
    return _grainy(np.asarray(soft, np.uint8), rng)


def _grainy(rgb: Rgb, rng: np.random.Generator) -> Rgb:
    """Add a camera's noise, one tile of it repeated."""
    tile = rng.normal(0, 4, (256, 256, 1)).astype(np.float32)
    height, width = rgb.shape[:2]
    grain = np.tile(tile, (height // 256 + 1, width // 256 + 1, 1))[:height, :width]
    mixed: Rgb = np.clip(rgb + grain, 0, 255).astype(np.uint8)
    return mixed


def somebody(
    rng: np.random.Generator, position: MaskPosition | None, style: MaskStyle | None = None
) -> Portrait:
    """A person with random lighting and suit colour, and a mask in `position`."""
    person = cut_out()
    if rng.random() < 0.5:
        person = person.mirrored()
    person = person.tinted(_LIGHTS[rng.integers(len(_LIGHTS))], int(rng.integers(0, 180)))
    if position is None:
        return person
    return person.masked(style or list(MaskStyle)[rng.integers(len(MaskStyle))], position, rng)


def put(canvas: Rgb, person: Portrait, left: int, top: int) -> tuple[Box, Label]:
    """Draw a person onto `canvas` in place, clipped at its edges; returns the face's box and label."""
    height, width = person.alpha.shape
    x1, y1 = max(left, 0), max(top, 0)
    x2, y2 = min(left + width, canvas.shape[1]), min(top + height, canvas.shape[0])
    part = canvas[y1:y2, x1:x2]
    rows, columns = slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)
    alpha = person.alpha[rows, columns, None].astype(np.float32) / 255
    part[:] = (part * (1 - alpha) + person.rgb[rows, columns] * alpha + 0.5).astype(np.uint8)
    box = person.box
    return Box(x1=box.x1 + left, y1=box.y1 + top, x2=box.x2 + left, y2=box.y2 + top), person.label


def portrait_scene(
    rng: np.random.Generator,
    position: MaskPosition | None,
    style: MaskStyle | None = None,
    scale: float = 1.2,
) -> Scene:
    """One person from the waist up, in a room or outdoors; the face is 90 pixels wide at scale 1."""
    width, height = round(430 * scale), round(400 * scale)
    canvas = (room, landscape)[rng.integers(2)](width, height, rng)
    person = somebody(rng, position, style).resized(scale, float(rng.uniform(-8, 8)))
    left = round((width - person.rgb.shape[1]) * rng.uniform(0.3, 0.7))
    return Scene(rgb=canvas, faces=(put(canvas, person, left, height - round(375 * scale)),))


def group_scene(
    rng: np.random.Generator, *, width: int, height: int, rows: int, columns: int, face_width: float
) -> Scene:
    """Rows of people from the lower edge up, front rows over rear ones, with a mix of mask positions."""
    canvas = (room, landscape)[rng.integers(2)](width, height, rng)
    faces = []
    scale = face_width / _FACE_WIDTH
    for row in range(rows):
        for column in range(columns):
            position = _MIX[rng.integers(len(_MIX))]
            angle, size = float(rng.uniform(-8, 8)), scale * float(rng.uniform(0.92, 1.06))
            person = somebody(rng, position).resized(size, angle)
            x = (column + 0.4 + 0.4 * (row % 2) + rng.uniform(-0.06, 0.06)) * width / (columns + 0.2)
            y = height - ((rows - row) * _ROW_STEP + rng.uniform(0, 20)) * scale
            faces.append(put(canvas, person, round(x - person.rgb.shape[1] / 2), round(y)))
    return Scene(rgb=canvas, faces=tuple(faces))


def wall_of_portraits(scenes: Sequence[Scene], columns: int) -> Scene:
    """Scenes of one size in a grid, like a video call."""
    height, width = scenes[0].rgb.shape[:2]
    rows = -(-len(scenes) // columns)
    canvas = np.full((rows * height, columns * width, 3), 24, np.uint8)
    faces = []
    for place, scene in enumerate(scenes):
        top, left = place // columns * height, place % columns * width
        canvas[top : top + height, left : left + width] = scene.rgb
        faces += [(_moved(box, left, top), label) for box, label in scene.faces]
    return Scene(rgb=canvas, faces=tuple(faces))


def _moved(box: Box, left: int, top: int) -> Box:
    return Box(x1=box.x1 + left, y1=box.y1 + top, x2=box.x2 + left, y2=box.y2 + top)
