"""The pictures of a training folder: what each shows, its near-duplicate group and its split."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from core.errors import InputError
from core.training.groups import near_duplicate_groups, picture_hashes
from core.training.splits import CROP_SHARES, PHOTO_SHARES, split_of
from core.training.voc import PHOTO_ENDINGS
from models.label import Label
from models.split import Split


class Origin(StrEnum):
    """The kind of folder a picture came from."""

    PHOTO = "photo"
    CROP = "crop"
    NEGATIVE = "negative"


@dataclass(frozen=True, kw_only=True)
class Picture:
    """A file of the training folder; `label` is that of a crop's one face, None for photos and negatives."""

    path: Path
    #: The folder below the training folder, as the card names it.
    folder: str
    origin: Origin
    label: Label | None
    split: Split


def read_pictures(data: Path, *, processes: int) -> list[Picture]:
    """List, hash, group and split every picture of a folder in the documented layout."""
    paths = sorted(path for path in data.rglob("*") if path.suffix.lower() in PHOTO_ENDINGS)
    if not paths:
        raise InputError("no_training_pictures", f"There is no picture in {data}.")
    with ProcessPoolExecutor(processes) as pool:
        hashes = list(pool.map(picture_hashes, paths, chunksize=64))
    groups = near_duplicate_groups(hashes).tolist()
    names = [path.relative_to(data).as_posix() for path in paths]
    with_photo = {group for group, name in zip(groups, names, strict=True) if _origin(name) is Origin.PHOTO}
    return [
        Picture(
            path=path,
            folder=path.parent.relative_to(data).as_posix(),
            origin=_origin(name),
            label=_label(path.parent.name) if _origin(name) is Origin.CROP else None,
            split=split_of(names[group], PHOTO_SHARES if group in with_photo else CROP_SHARES),
        )
        for path, name, group in zip(paths, names, groups, strict=True)
    ]


def of_origin(pictures: Sequence[Picture], origin: Origin) -> list[Picture]:
    """The pictures of one kind of folder, in their order."""
    return [picture for picture in pictures if picture.origin is origin]


def _origin(name: str) -> Origin:
    return {"photos": Origin.PHOTO, "negatives": Origin.NEGATIVE}.get(name.split("/")[0], Origin.CROP)


def _label(folder: str) -> Label:
    """A crop folder's name is the label, or begins with it."""
    for label in (Label.WITHOUT_MASK, Label.WITH_MASK, Label.INCORRECT, Label.NOT_A_FACE):
        if folder.startswith(label):
            return label
    raise InputError("bad_crop_folder", f"The folder {folder} does not begin with a label.")
