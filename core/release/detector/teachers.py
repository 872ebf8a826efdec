"""What today's detector and classifier see on every picture: the teachers of the one-pass detector."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from core.detection.card import CHAMPION, read_card
from core.detection.classifier import MaskClassifier
from core.detection.decode import decode_photo
from core.detection.detector import face_boxes
from core.detection.finder import FaceFinder
from core.detection.options import DetectionOptions
from core.detection.yunet import BOX, COLUMNS
from core.release.pictures import ListedPicture, Origin

#: Smaller faces and lower scores than in prediction: what the teacher doubts is neither a face nor
#: background.
PHOTO_OPTIONS = DetectionOptions(smallest_face=10, score_threshold=0.2)
#: The one face of a crop is large.
CROP_OPTIONS = DetectionOptions(smallest_face=32, score_threshold=0.2)
#: Pictures between two savings: a killed run loses no more.
SAVED = 500


@dataclass(frozen=True, kw_only=True)
class Taught:
    """Candidates of one picture: rows (n, 16), best score first, and label probabilities (n, 4)."""

    rows: NDArray[np.float32]
    probabilities: NDArray[np.float32]


def teach(pictures: Sequence[ListedPicture], yunet: Path, folder: Path, *, processes: int) -> list[Taught]:
    """Candidates of each picture; parts that an earlier run left in `folder` are read, not made again."""
    folder.mkdir(parents=True, exist_ok=True)
    taught: list[Taught] = []
    with ProcessPoolExecutor(processes, initializer=cv2.setNumThreads, initargs=(1,)) as pool:
        for number, part in enumerate(_parts(pictures)):
            file = folder / f"teachers-{number:03d}.npz"
            names = [picture.name for picture in part]
            known = _read(file, names)
            if known is None:
                known = list(pool.map(_look, [yunet] * len(part), part, chunksize=8))
                _write(file, names, known)
                print(f"teachers: {len(taught) + len(part)} of {len(pictures)} pictures", flush=True)
            taught += known
    return taught


def _parts(pictures: Sequence[ListedPicture]) -> list[Sequence[ListedPicture]]:
    return [pictures[start : start + SAVED] for start in range(0, len(pictures), SAVED)]


def _look(yunet: Path, picture: ListedPicture) -> Taught:
    photo = decode_photo(picture.path.read_bytes())
    options = CROP_OPTIONS if picture.origin is Origin.CROP else PHOTO_OPTIONS
    rows = _finder(yunet, options).find(photo)
    faces = face_boxes(rows, width=photo.width, height=photo.height)
    limits = np.array([photo.width, photo.height] * 2, np.float32)
    rows[:, BOX] = np.clip(rows[:, BOX], 0, limits)
    visible = (rows[:, 2:4] - rows[:, :2] >= 1).all(axis=1)
    return Taught(rows=rows[visible], probabilities=_classifier().probabilities(photo.rgb, faces[visible]))


@cache
def _finder(yunet: Path, options: DetectionOptions) -> FaceFinder:
    return FaceFinder(yunet, options)


@cache
def _classifier() -> MaskClassifier:
    return MaskClassifier(read_card(CHAMPION))


def _read(file: Path, names: list[str]) -> list[Taught] | None:
    """None where there is no such part, or it is of other pictures."""
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as arrays:
        if arrays["names"].tolist() != names:
            return None
        ends = np.cumsum(arrays["counts"])[:-1]
        both = zip(np.split(arrays["rows"], ends), np.split(arrays["probabilities"], ends), strict=True)
        return [Taught(rows=rows, probabilities=probabilities) for rows, probabilities in both]


def _write(file: Path, names: list[str], taught: list[Taught]) -> None:
    fresh = file.with_name(f"next.{file.name}")
    np.savez(
        fresh,
        names=np.array(names),
        counts=np.array([len(each.rows) for each in taught]),
        rows=np.concatenate([np.empty((0, COLUMNS), np.float32), *(each.rows for each in taught)]),
        probabilities=np.concatenate(
            [np.empty((0, 4), np.float32), *(each.probabilities for each in taught)]
        ),
    )
    fresh.replace(file)
