"""The pictures of a training folder: what each shows, its near-duplicate group and its split."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.datasets.splitting.groups import CROP_SHARES, PHOTO_SHARES, split_of
from core.errors import InputError
from core.release.groups import face_hashes, near_duplicate_groups, picture_hashes
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
    """A file of the training folder; `label` is that of a crop's one face, None for photos and negatives."""

    path: Path
    #: Its path below the training folder, and that path's folder, as the card names it.
    name: str
    folder: str
    origin: Origin
    label: Label | None


@dataclass(frozen=True, kw_only=True)
class Picture(ListedPicture):
    """A picture whose near-duplicates are known, and with them its split."""

    split: Split


def list_pictures(data: Path) -> list[ListedPicture]:
    """Every picture of a folder in the documented layout, sorted; InputError where there is none."""
    paths = sorted(path for path in data.rglob("*") if path.suffix.lower() in PHOTO_ENDINGS)
    if not paths:
        raise InputError("no_training_pictures", f"There is no picture in {data}.")
    return [_listed(path, path.relative_to(data).as_posix()) for path in paths]


def split_pictures(
    listed: Sequence[ListedPicture], rows: Sequence[NDArray[np.float32]], *, processes: int
) -> list[Picture]:
    """Group pictures by what they and their faces show and split by group; `rows` are the detector's."""
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
    """A crop folder's name is the label, or begins with it."""
    for label in (Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT, Label.NOT_A_FACE):
        if folder.startswith(label):
            return label
    raise InputError("bad_crop_folder", f"The folder {folder} does not begin with a label.")
