"""Canvases: stored crops, wider than the classifier's, from which augmentation cuts windows."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.errors import PermanentError
from models.label import Label

#: Side of a canvas, in face sizes and in pixels.
CANVAS_CONTEXT = 1.8
CANVAS_SIDE = 176
#: A mask can be drawn on a face of at least this size, in pixels, with landmarks of at least this score.
DRAWABLE_SIZE = 36.0
DRAWABLE_SCORE = 0.6


@dataclass(frozen=True, kw_only=True)
class Canvas:
    """One crop: pixels uint8 (176, 176, 3) RGB with label, split and origin."""

    pixels: NDArray[np.uint8]
    label: Label
    split: str
    #: The row of the card that counts it: a crop folder, `photos`, `photos/false_alarms`, `drawn/chin`, ...
    source: str
    #: Square root of the face box's area in the picture, in pixels.
    face_size: float
    #: Index of the picture it was cut from.
    picture: int


@dataclass(frozen=True, kw_only=True)
class CanvasStore:
    """All canvases of a training; `pixels` uint8 (n, 176, 176, 3) stays on disk, the rest are (n,) arrays."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    splits: NDArray[np.str_]
    sources: NDArray[np.str_]
    face_sizes: NDArray[np.float32]
    pictures: NDArray[np.int64]


def write_canvases(canvases: Iterable[Canvas], folder: Path) -> None:
    """Write the pixels one by one, then the index: a store without an index is incomplete.

    Raises PermanentError dataset_too_small where there is no canvas.
    """
    rows = []
    with open(folder / "canvases.raw", "wb") as raw:
        for canvas in canvases:
            raw.write(np.ascontiguousarray(canvas.pixels).tobytes())
            rows.append(_index_row(canvas))
    if not rows:
        raise PermanentError("dataset_too_small", "None of the photos of the faces can be read.")
    labels, splits, sources, sizes, pictures = zip(*rows, strict=True)
    np.savez(
        folder / "canvases.npz",
        labels=np.array(labels),
        splits=np.array(splits),
        sources=np.array(sources),
        face_sizes=np.array(sizes, np.float32),
        pictures=np.array(pictures),
    )


def open_canvases(folder: Path) -> CanvasStore:
    """Map the pixels into memory and read the index."""
    with np.load(folder / "canvases.npz", allow_pickle=False) as index:
        arrays = {name: index[name] for name in index.files}
    shape = (len(arrays["labels"]), CANVAS_SIDE, CANVAS_SIDE, 3)
    pixels = np.memmap(folder / "canvases.raw", np.uint8, "r", shape=shape)
    return CanvasStore(pixels=pixels, **arrays)


def _index_row(canvas: Canvas) -> tuple[int, str, str, float, int]:
    return list(Label).index(canvas.label), canvas.split, canvas.source, canvas.face_size, canvas.picture
