"""Everything before the fit: list the pictures, ask the teachers, split by near-duplicates, decode."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2

from core.detection.decode import decode_photo
from core.release.detector.scenes import ListedScene, faces_of, list_scenes
from core.release.detector.teachers import Taught, teach
from core.release.pictures import Picture, split_pictures
from core.training.detector.scene_store import (
    INDEX_FILE,
    LONGEST_SIDE,
    DecodedScene,
    SceneStore,
    shrunk,
    write_scenes,
)


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
