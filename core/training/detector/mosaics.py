"""Mosaics: parts of one or four scenes at random scales on one square, as batches for the detector.

A mosaic shows many faces of all sizes for the price of one small picture (YOLOv4: Bochkovskiy et al. 2020).
The scale of each part follows from the size that one of its faces is to get, so that small and large faces
are equally frequent, whatever the pictures show.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from core.training.network.augmentation import photographed

#: Sizes that faces get, in pixels.
SMALLEST_FACE, LARGEST_FACE = 12.0, 224.0
#: Faces below this share of the smallest size are ignored: too few pixels are left to learn from.
LEAST_SHARE = 5 / 6
#: A face is learned if at least this share of it is inside its part of the mosaic; else it is ignored.
VISIBLE_SHARE = 0.5
#: A part is enlarged at most by this factor, and shrunk at most to this.
LARGEST_SCALE, SMALLEST_SCALE = 2.0, 0.12
#: Below this scale, pixels are averaged.
SMOOTH_SCALE = 0.6
#: Strips of a mosaic that are narrower stay empty, in pixels.
LEAST_PART = 40
#: Share of mosaics that begin with one part; the others begin with four.
WHOLE_SHARE = 0.3
#: Most faces and ignored boxes of a mosaic; more are left out, at random.
MOST_FACES, MOST_IGNORED = 40, 24
#: Batches made ahead of the network.
AHEAD = 3


#: Labels of faces; the network of YuNet has none and does without.
LABELS = 3


@dataclass(frozen=True, kw_only=True)
class Faces:
    """Faces (n, 4), label probabilities (n, 3), all 0 where unknown, and boxes (m, 4) to ignore; float32."""

    boxes: NDArray[np.float32]
    labels: NDArray[np.float32]
    ignored: NDArray[np.float32]

    def scaled(self, scale: float) -> "Faces":
        """The same in a picture with other pixels."""
        return Faces(boxes=self.boxes * scale, labels=self.labels, ignored=self.ignored * scale)


class Scenes(Protocol):
    """Decoded pictures by index."""

    def rgb(self, index: int) -> NDArray[np.uint8]:
        """Pixels (h, w, 3)."""

    def faces(self, index: int) -> Faces:
        """What is known of its faces, in its pixels."""


@dataclass(frozen=True, kw_only=True)
class DetectorBatch:
    """Pictures uint8 (b, h, w, 3) RGB; faces (b, 40, 4), labels (b, 40, 3), ignored (b, 24, 4), float32.

    Boxes without area are none.
    """

    pictures: NDArray[np.uint8]
    faces: NDArray[np.float32]
    labels: NDArray[np.float32]
    ignored: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class Part:
    """A rectangle of a mosaic, in its pixels, right and bottom exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """In pixels."""
        return self.bottom - self.top


class Mosaics:
    """Batches that depend on seed and step alone, so that a resumed training sees the same ones."""

    def __init__(
        self,
        scenes: Scenes,
        weights: Mapping[int, float],
        *,
        side: int,
        batch: int,
        seed: int,
        smallest: float = SMALLEST_FACE,
    ) -> None:
        """`weights` are the indices of the scenes to show, and how often each is picked beside the others.

        `side` is a mosaic's side in pixels, a multiple of 32; `smallest` is the size of the smallest face.
        """
        self._scenes, self._side, self._batch, self._seed = scenes, side, batch, seed
        self._smallest = smallest
        self._chosen = np.array(list(weights))
        shares = np.array(list(weights.values()))
        self._shares = shares / shares.sum()

    def batches(self, first: int, last: int) -> Iterator[DetectorBatch]:
        """The batches of steps `first` to `last`, exclusive; a thread makes the next ones meanwhile."""
        steps = iter(range(first, last))
        with ThreadPoolExecutor(1) as pool:
            ahead = deque(pool.submit(self.batch, step) for step in islice(steps, AHEAD))
            while ahead:
                done = ahead.popleft().result()
                ahead.extend(pool.submit(self.batch, step) for step in islice(steps, 1))
                yield done

    def batch(self, step: int) -> DetectorBatch:
        """Make the batch of a step."""
        rng = np.random.default_rng([self._seed, step])
        batch = DetectorBatch(
            pictures=np.empty((self._batch, self._side, self._side, 3), np.uint8),
            faces=np.zeros((self._batch, MOST_FACES, 4), np.float32),
            labels=np.zeros((self._batch, MOST_FACES, LABELS), np.float32),
            ignored=np.zeros((self._batch, MOST_IGNORED, 4), np.float32),
        )
        for place in range(self._batch):
            rgb, faces = self.mosaic(rng)
            batch.pictures[place] = photographed(rgb, rng)
            kept = rng.permutation(len(faces.boxes))[:MOST_FACES]
            batch.faces[place, : len(kept)] = faces.boxes[kept]
            batch.labels[place, : len(kept)] = faces.labels[kept]
            left_out = rng.permutation(len(faces.ignored))[:MOST_IGNORED]
            batch.ignored[place, : len(left_out)] = faces.ignored[left_out]
        return batch

    def mosaic(self, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Faces]:
        """One mosaic, uint8 (side, side, 3) RGB, and its faces in its pixels."""
        canvas = np.full((self._side, self._side, 3), rng.integers(0, 256), np.uint8)
        waiting, shown = deque(_parts(self._side, rng)), []
        while waiting:
            part, scene = waiting.popleft(), self._pick(rng)
            view = _view(scene, part, self._smallest, rng)
            # What a small picture leaves of its part gets more pictures.
            part, rest = _split_off(part, view.covers(scene.rgb))
            waiting.extend(rest)
            view, flip = view.inside(scene.rgb, part), bool(rng.random() < 0.5)
            corner = _draw(canvas, part, scene, view, flip=flip)
            least = self._smallest * LEAST_SHARE
            shown.append(_shown(scene.faces, part, view.scale, corner, flip=flip, least=least))
        return canvas, Faces(
            boxes=np.concatenate([faces.boxes for faces in shown]),
            labels=np.concatenate([faces.labels for faces in shown]),
            ignored=np.concatenate([faces.ignored for faces in shown]),
        )

    def _pick(self, rng: np.random.Generator) -> "_Scene":
        index = int(rng.choice(self._chosen, p=self._shares))
        return _Scene(rgb=self._scenes.rgb(index), faces=self._scenes.faces(index))


@dataclass(frozen=True, kw_only=True)
class _Scene:
    rgb: NDArray[np.uint8]
    faces: Faces


@dataclass(frozen=True, kw_only=True)
class _View:
    """How a part shows a picture: mosaic pixels a picture pixel, and the picture's point at its corner."""

    scale: float
    origin: NDArray[np.float64]

    def covers(self, rgb: NDArray[np.uint8]) -> tuple[int, int]:
        """Width and height of the whole picture in a mosaic."""
        return round(rgb.shape[1] * self.scale), round(rgb.shape[0] * self.scale)

    def inside(self, rgb: NDArray[np.uint8], part: Part) -> "_View":
        """A larger picture covers its part, a smaller one begins at its corner."""
        room = np.array(rgb.shape[1::-1]) - np.array([part.width, part.height]) / self.scale
        return _View(scale=self.scale, origin=np.clip(self.origin, 0, np.maximum(0, room)))


def _parts(side: int, rng: np.random.Generator) -> list[Part]:
    """One or four rectangles that cover a mosaic."""
    if rng.random() < WHOLE_SHARE:
        return [Part(left=0, top=0, right=side, bottom=side)]
    x, y = (round(side * share) for share in rng.uniform(0.3, 0.7, 2))
    return [
        Part(left=left, top=top, right=right, bottom=bottom)
        for left, right in ((0, x), (x, side))
        for top, bottom in ((0, y), (y, side))
    ]


def _split_off(part: Part, size: tuple[int, int]) -> tuple[Part, list[Part]]:
    """A part no larger than a size, and what is left of it: below, and to the right."""
    right, bottom = (min(end, start + side) for start, end, side in _axes(part, size))
    right = part.right if part.right - right < LEAST_PART else right
    bottom = part.bottom if part.bottom - bottom < LEAST_PART else bottom
    rest = []
    if bottom < part.bottom:
        rest.append(Part(left=part.left, top=bottom, right=part.right, bottom=part.bottom))
    if right < part.right:
        rest.append(Part(left=right, top=part.top, right=part.right, bottom=bottom))
    return Part(left=part.left, top=part.top, right=right, bottom=bottom), rest


def _axes(part: Part, size: tuple[int, int]) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    return (part.left, part.right, max(1, size[0])), (part.top, part.bottom, max(1, size[1]))


def _view(scene: _Scene, part: Part, smallest: float, rng: np.random.Generator) -> _View:
    """A random scale and place; a face, if there is one, is in the middle part."""
    room, sides = min(part.width, part.height), np.array(scene.rgb.shape[1::-1])
    if not len(scene.faces.boxes):
        scale = room / float(sides.max()) * float(np.exp(rng.uniform(0, np.log(4))))
        return _View(scale=scale, origin=rng.uniform(0, np.maximum(1, sides - room / scale)))
    box = scene.faces.boxes[rng.integers(len(scene.faces.boxes))].astype(float)
    size = float(np.sqrt(np.prod(box[2:] - box[:2])))
    highest = max(smallest, min(LARGEST_FACE, 0.9 * room))
    wanted = float(np.exp(rng.uniform(np.log(smallest), np.log(highest))))
    scale = float(np.clip(wanted / size, SMALLEST_SCALE, LARGEST_SCALE))
    place = np.array([part.width, part.height]) * rng.uniform(0.2, 0.8, 2)
    return _View(scale=scale, origin=(box[:2] + box[2:]) / 2 - place / scale)


def _draw(
    canvas: NDArray[np.uint8], part: Part, scene: _Scene, view: _View, *, flip: bool
) -> NDArray[np.float64]:
    """Draw a scene into a part of a mosaic; returns the scene's point (x, y) at the part's corner."""
    window = canvas[part.top : part.bottom, part.left : part.right]
    first = np.floor(view.origin).astype(int)
    last = np.ceil(view.origin + np.array([part.width, part.height]) / view.scale).astype(int)
    source = scene.rgb[first[1] : last[1], first[0] : last[0]]
    width, height = (max(1, round(side * view.scale)) for side in source.shape[1::-1])
    # Photos reach the detector shrunk in either way.
    method = cv2.INTER_AREA if view.scale < SMOOTH_SCALE else cv2.INTER_LINEAR
    drawn = cv2.resize(source, (width, height), interpolation=method)[: part.height, : part.width]
    window[: drawn.shape[0], : drawn.shape[1]] = drawn
    if flip:
        window[:] = window[:, ::-1].copy()
    return first.astype(float)


def _shown(
    faces: Faces, part: Part, scale: float, origin: NDArray[np.float64], *, flip: bool, least: float
) -> Faces:
    """Faces in a mosaic's pixels: visible and large enough ones, the others as ignored boxes."""
    boxes, whole = _moved(faces.boxes, part, scale, origin, flip=flip)
    sides = boxes[:, 2:] - boxes[:, :2]
    seen = (sides > 0).all(axis=1)
    share = np.prod(sides, axis=1) / np.maximum(np.prod(whole[:, 2:] - whole[:, :2], axis=1), 1e-6)
    learned = seen & (share >= VISIBLE_SHARE) & (np.sqrt(np.prod(np.maximum(sides, 0), axis=1)) >= least)
    ignored, _ = _moved(faces.ignored, part, scale, origin, flip=flip)
    ignored = ignored[(ignored[:, 2:] > ignored[:, :2]).all(axis=1)]
    return Faces(
        boxes=boxes[learned],
        labels=faces.labels[learned],
        ignored=np.concatenate([boxes[seen & ~learned], ignored]),
    )


def _moved(
    boxes: NDArray[np.float32], part: Part, scale: float, origin: NDArray[np.float64], *, flip: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Boxes (n, 4) in a mosaic's pixels, clipped to the part and whole."""
    whole = (boxes - np.tile(origin, 2)) * scale
    if flip:
        width = part.width
        whole = np.stack([width - whole[:, 2], whole[:, 1], width - whole[:, 0], whole[:, 3]], axis=1)
    whole = whole + np.array([part.left, part.top] * 2)
    low, high = [part.left, part.top] * 2, [part.right, part.bottom] * 2
    return np.clip(whole, low, high).astype(np.float32), whole.astype(np.float32)
