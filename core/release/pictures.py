"""The pictures of a training folder: what each shows, its group of near-duplicates, and its split."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.datasets.splitting.groups import CROP_SHARES, PHOTO_SHARES, DisjointSets, split_of
from core.datasets.splitting.near_duplicates import (
    FACES,
    LOWEST_HASHED_SCORE,
    PHOTOS,
    SMALLEST_HASHED_FACE,
    Nearness,
    near_pairs,
)
from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.yunet import BOX, SCORE
from core.errors import InputError
from core.release.voc import PHOTO_ENDINGS
from models.label import Label
from models.split import Split


class Origin(StrEnum):
    """The kind of folder a picture came from."""

    PHOTO = "photo"
    CROP = "crop"
    NEGATIVE = "negative"


@dataclass(frozen=True, kw_only=True)
class ListedPicture:
    """A file of the training folder; `label` is that of a crop's face, None for other origins."""

    path: Path
    #: Path relative to the training folder, and the folder of that path, as the card names it.
    name: str
    folder: str
    origin: Origin
    label: Label | None


@dataclass(frozen=True, kw_only=True)
class Picture(ListedPicture):
    """A picture with its split, which follows from its group of near-duplicates."""

    split: Split


def list_pictures(data: Path) -> list[ListedPicture]:
    """Every picture of a folder in the documented layout, sorted.

    Raises InputError no_training_pictures, bad_crop_folder.
    """
    paths = sorted(path for path in data.rglob("*") if path.suffix.lower() in PHOTO_ENDINGS)
    if not paths:
        raise InputError("no_training_pictures", f"There is no picture in {data}.")
    return [_listed(path, path.relative_to(data).as_posix()) for path in paths]


def split_pictures(
    listed: Sequence[ListedPicture], rows: Sequence[NDArray[np.float32]], *, processes: int
) -> list[Picture]:
    """Group pictures by near hashes of the picture or of a face, and assign each group to a split.

    `rows` are the detector's rows (n, 16) of each picture.
    """
    paths = [picture.path for picture in listed]
    with ProcessPoolExecutor(processes) as pool:
        hashes = list(pool.map(picture_hashes, paths, chunksize=64))
        faces = list(pool.map(face_hashes, paths, rows, chunksize=64))
    shown_in = [index for index, found in enumerate(faces) for _ in found]
    groups = near_duplicate_groups(hashes, [face for found in faces for face in found], shown_in).tolist()
    with_photo = {
        group for group, picture in zip(groups, listed, strict=True) if picture.origin is Origin.PHOTO
    }
    return [
        Picture(
            path=picture.path,
            name=picture.name,
            folder=picture.folder,
            origin=picture.origin,
            label=picture.label,
            split=split_of(listed[group].name, PHOTO_SHARES if group in with_photo else CROP_SHARES),
        )
        for picture, group in zip(listed, groups, strict=True)
    ]


def _listed(path: Path, name: str) -> ListedPicture:
    folder, origin = name.rpartition("/")[0], _origin(name)
    label = _label(path.parent.name) if origin is Origin.CROP else None
    return ListedPicture(path=path, name=name, folder=folder, origin=origin, label=label)


def _origin(name: str) -> Origin:
    return {"photos": Origin.PHOTO, "negatives": Origin.NEGATIVE}.get(name.split("/")[0], Origin.CROP)


def _label(folder: str) -> Label:
    """The label that a crop folder's name begins with."""
    for label in (Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT, Label.NOT_A_FACE):
        if folder.startswith(label):
            return label
    raise InputError("bad_crop_folder", f"The folder {folder} does not begin with a label.")


def picture_hashes(path: Path) -> tuple[int, int]:
    """The pHash and dHash of a picture, 64 bits each."""
    with Image.open(path) as picture:
        return _hashes(picture)


def _hashes(picture: Image.Image) -> tuple[int, int]:
    grey = picture.convert("L")
    return int(str(imagehash.phash(grey)), 16), int(str(imagehash.dhash(grey)), 16)


def face_hashes(path: Path, rows: NDArray[np.float32]) -> list[tuple[int, int]]:
    """The pHash and dHash of each face with enough size and score among a detector's rows (n, 16)."""
    boxes = rows[:, BOX]
    sizes = np.sqrt(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1))
    chosen = boxes[(sizes >= SMALLEST_HASHED_FACE) & (rows[:, SCORE] >= LOWEST_HASHED_SCORE)]
    if not len(chosen):
        return []
    crops = cut(decode_photo(path.read_bytes()).rgb, chosen, side=64, context=1.5, down=0.0)
    return [_hashes(Image.fromarray(crop)) for crop in crops]


def near_duplicate_groups(
    hashes: Sequence[tuple[int, int]],
    faces: Sequence[tuple[int, int]] = (),
    shown_in: Sequence[int] = (),
) -> NDArray[np.int64]:
    """Group pictures that have near hashes or show faces with near hashes, directly or through others.

    Hashes are (pHash, dHash) of 64 bits; `shown_in` holds for each of the `faces` the index of its picture.
    Returns int64 (n,): for each picture the smallest index of its group.
    """
    sets = DisjointSets(len(hashes))
    for one, other in _near(hashes, PHOTOS):
        sets.join(one, other)
    for one, other in _near(faces, FACES):
        sets.join(shown_in[one], shown_in[other])
    groups = np.empty(len(hashes), np.int64)
    for members in sets.members():
        groups[members] = members[0]
    return groups


def _near(hashes: Sequence[tuple[int, int]], nearness: Nearness) -> Iterator[tuple[int, int]]:
    table = np.array(hashes, np.uint64).reshape(-1, 2).view(np.int64)
    for pairs in near_pairs(table, np.ones(len(table), bool), nearness):
        yield from pairs.tolist()
