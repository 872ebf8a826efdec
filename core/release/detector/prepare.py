"""Everything before the fit: list the pictures, ask the teachers, split by near-duplicates, decode."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.decode import decode_photo
from core.release.detector.scene_store import INDEX_FILE, DecodedScene, SceneStore, write_scenes
from core.release.detector.scenes import ListedScene, faces_of, list_scenes
from core.release.detector.teachers import Taught, teach
from core.release.pictures import Picture, split_pictures

#: Longest side of a stored picture, in pixels; larger ones are shrunk.
LONGEST_SIDE = 960


def prepare(data: Path, out: Path, yunet: Path, *, processes: int) -> SceneStore:
    """Prepare a training folder in `out`; what an interrupted run left there is used."""
    out.mkdir(parents=True, exist_ok=True)
    if not (out / INDEX_FILE).exists():
        listed = list_scenes(data)
        pictures = [scene.picture for scene in listed]
        taught = teach(pictures, yunet, out / "teachers", processes=processes)
        split = split_pictures(pictures, [each.rows for each in taught], processes=processes)
        write_scenes(_decode(listed, taught, split), out)
    return SceneStore(out)


def _decode(
    listed: Sequence[ListedScene], taught: Sequence[Taught], split: Sequence[Picture]
) -> Iterator[DecodedScene]:
    cv2.setNumThreads(1)
    for scene, seen, picture in zip(listed, taught, split, strict=True):
        faces = faces_of(scene, seen)
        if faces is None:
            continue
        rgb, scale = shrunk(decode_photo(picture.path.read_bytes()).rgb, LONGEST_SIDE)
        yield DecodedScene(
            name=picture.name,
            folder=picture.folder,
            split=picture.split,
            rgb=rgb,
            faces=faces.scaled(scale),
        )


def shrunk(rgb: NDArray[np.uint8], longest: int) -> tuple[NDArray[np.uint8], float]:
    """The picture (h, w, 3) with sides of at most `longest` pixels, and its scale, 1 or less."""
    scale = min(1.0, longest / max(rgb.shape[:2]))
    if scale == 1:
        return rgb, scale
    width, height = (max(1, round(side * scale)) for side in rgb.shape[1::-1])
    resized = cv2.resize(rgb, (width, height), interpolation=cv2.INTER_AREA)
    return resized.astype(np.uint8, copy=False), scale
