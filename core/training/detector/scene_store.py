"""Decoded scenes on disk: the pixels of all pictures in one file, faces and splits in another."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.errors import PermanentError
from core.training.detector.mosaics import Faces

PIXELS_FILE = "scenes.raw"
INDEX_FILE = "scenes.npz"
#: Longest side of a stored picture, in pixels; larger ones are shrunk.
LONGEST_SIDE = 960


@dataclass(frozen=True, kw_only=True)
class DecodedScene:
    """A scene with its pixels, uint8 (h, w, 3) RGB, its folder and its split."""

    name: str
    folder: str
    split: str
    rgb: NDArray[np.uint8]
    faces: Faces


class SceneStore:
    """Scenes by index; the pixels stay on disk until a scene is read."""

    def __init__(self, folder: Path) -> None:
        """Raises PermanentError scenes_missing where `write_scenes` did not finish."""
        if not (folder / INDEX_FILE).exists():
            raise PermanentError("scenes_missing", f"There are no prepared scenes in {folder}.")
        with np.load(folder / INDEX_FILE, allow_pickle=False) as arrays:
            index = {name: arrays[name] for name in arrays.files}
        self.names, self.folders, self.splits = index["names"], index["folders"], index["splits"]
        self._sizes, self._starts = index["sizes"], np.cumsum(np.prod(index["sizes"], axis=1) * 3)
        self._boxes = np.split(index["boxes"], np.cumsum(index["faces"])[:-1])
        self._labels = np.split(index["labels"], np.cumsum(index["faces"])[:-1])
        self._ignored = np.split(index["ignored"], np.cumsum(index["ignored_counts"])[:-1])
        self._pixels = np.memmap(folder / PIXELS_FILE, np.uint8, "r")

    def __len__(self) -> int:
        return len(self.names)

    def counts(self) -> dict[str, dict[str, int]]:
        """Pictures and faces by split."""
        counts: dict[str, dict[str, int]] = {}
        for split, boxes in zip(self.splits.tolist(), self._boxes, strict=True):
            count = counts.setdefault(split, {"photos": 0, "faces": 0})
            count["photos"] += 1
            count["faces"] += len(boxes)
        return counts

    def rgb(self, index: int) -> NDArray[np.uint8]:
        """Pixels (h, w, 3) of a scene, a view of the file."""
        height, width = self._sizes[index].tolist()
        end = int(self._starts[index])
        return self._pixels[end - height * width * 3 : end].reshape(height, width, 3)

    def faces(self, index: int) -> Faces:
        """What a scene shows."""
        return Faces(boxes=self._boxes[index], labels=self._labels[index], ignored=self._ignored[index])


def write_scenes(scenes: Iterable[DecodedScene], folder: Path) -> None:
    """Write the pixels one by one, then the index: a store without an index is incomplete.

    Raises PermanentError dataset_too_small where there is no scene.
    """
    kept = []
    with open(folder / PIXELS_FILE, "wb") as raw:
        for scene in scenes:
            raw.write(np.ascontiguousarray(scene.rgb).tobytes())
            kept.append((scene.name, scene.folder, scene.split, scene.rgb.shape[:2], scene.faces))
    if not kept:
        raise PermanentError("dataset_too_small", "No picture shows what a detector could learn.")
    names, folders, splits, sizes, faces = zip(*kept, strict=True)
    fresh = folder / f"next-{INDEX_FILE}"
    np.savez(
        fresh,
        names=np.array(names),
        folders=np.array(folders),
        splits=np.array(splits),
        sizes=np.array(sizes, np.int64),
        faces=np.array([len(each.boxes) for each in faces]),
        ignored_counts=np.array([len(each.ignored) for each in faces]),
        boxes=np.concatenate([each.boxes for each in faces]),
        labels=np.concatenate([each.labels for each in faces]),
        ignored=np.concatenate([each.ignored for each in faces]),
    )
    fresh.replace(folder / INDEX_FILE)


def shrunk(rgb: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], float]:
    """The picture (h, w, 3) with sides of at most `longest` pixels, and its scale, 1 or less."""
    scale = min(1.0, longest / max(rgb.shape[:2]))
    if scale == 1:
        return rgb, scale
    width, height = (max(1, round(side * scale)) for side in rgb.shape[1::-1])
    resized = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False), scale
