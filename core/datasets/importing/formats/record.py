"""What a labelled set says about one photo, whatever its format, and what of it could not be read."""

import re
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from core.labels.annotation import Annotation
from core.library.files.names import display_name
from models import Split


class SetFormat(StrEnum):
    """The layout in which a set keeps its labels; the values are stored and given on command lines."""

    VOC = "voc"
    COCO = "coco"
    YOLO = "yolo"
    LABEL_STUDIO = "label_studio"
    CVAT = "cvat"
    CREATEML = "createml"
    IMAGE_FOLDER = "image_folder"
    WIDER_FACE = "wider_face"
    CSV = "csv"
    WEBDATASET = "webdataset"
    FOLDERS = "folders"

    @property
    def words(self) -> str:
        """The name that its tools use."""
        return _TITLES[self]


_TITLES = {
    SetFormat.VOC: "Pascal VOC",
    SetFormat.COCO: "COCO JSON",
    SetFormat.YOLO: "YOLO",
    SetFormat.LABEL_STUDIO: "Label Studio JSON",
    SetFormat.CVAT: "CVAT for images XML",
    SetFormat.CREATEML: "CreateML JSON",
    SetFormat.IMAGE_FOLDER: "Hugging Face ImageFolder",
    SetFormat.WIDER_FACE: "WIDER FACE text",
    SetFormat.CSV: "CSV",
    SetFormat.WEBDATASET: "WebDataset",
    SetFormat.FOLDERS: "folders named by label",
}


@dataclass(frozen=True, kw_only=True)
class SetRecord:
    """What one place of a set says about one photo."""

    #: Where the photo should be, as a path below the set; it is compared with photos and never opened.
    photo: bytes
    #: The file that says it.
    source: bytes
    #: None where the set has no boxes for the photo; without objects, it has none to box.
    annotation: Annotation | None = None
    #: The word for the whole picture.
    label: str | None = None
    split: Split | None = None
    licence: str | None = None
    #: Other paths at which the photo may be, where its tool has changed its name.
    also_named: tuple[bytes, ...] = ()


class Problem(StrEnum):
    """What of a set could not be read as it is; the values are stored and shown."""

    FILE_BAD = "file_bad"
    #: The rest of a file is damaged, so that photos in it may lack boxes.
    FILE_CUT = "file_cut"
    RECORD_BAD = "record_bad"
    SHAPE_REDUCED = "shape_reduced"
    SHAPE_UNKNOWN = "shape_unknown"
    BOX_TURNED = "box_turned"
    LABELS_SEVERAL = "labels_several"
    ANSWER_OTHER = "answer_other"


#: Said after a number.
PROBLEM_TEXT = {
    Problem.FILE_BAD: "annotation files that cannot be read",
    Problem.FILE_CUT: "annotation files that are cut off or damaged after their beginning",
    Problem.RECORD_BAD: "records without a readable photo name",
    Problem.SHAPE_REDUCED: "polygons and other shapes read as the box around them",
    Problem.SHAPE_UNKNOWN: "shapes that have no box, left out",
    Problem.BOX_TURNED: "turned boxes read as the upright box around them",
    Problem.LABELS_SEVERAL: "objects or photos with several labels, of which the first counts",
    Problem.ANSWER_OTHER: "cancelled annotations, predictions, and answers besides the newest, not read",
}
#: Examples that are kept for each problem.
_NAMED = 3


@dataclass(kw_only=True)
class Problems:
    """Counts what could not be read as it is, with the first places of each."""

    counts: Counter[Problem] = field(default_factory=Counter)
    examples: dict[Problem, list[str]] = field(default_factory=dict)
    #: Files of which a part is missing: what they say about a photo may not be all.
    incomplete: set[bytes] = field(default_factory=set)

    def add(self, problem: Problem, source: bytes, detail: str = "") -> None:
        """Count one; `source` is the file, `detail` says more, such as a place in it."""
        self.counts[problem] += 1
        named = self.examples.setdefault(problem, [])
        if len(named) < _NAMED:
            named.append(display_name(source) + (f" ({detail[:200]})" if detail else ""))

    def cut(self, source: bytes, detail: str) -> None:
        """A file ends early or is damaged; what it said before counts, but may lack boxes."""
        self.add(Problem.FILE_CUT, source, detail)
        self.incomplete.add(source)

    def sentences(self) -> list[str]:
        """Each problem with its number and examples."""
        return [
            f"{PROBLEM_TEXT[each].capitalize()}: {count:,}, such as {'; '.join(self.examples[each])}"
            for each, count in sorted(self.counts.items())
        ]


_SCHEME = re.compile(r"^[a-z][a-z0-9+.-]*://[^/]*", re.IGNORECASE)
_DRIVE = re.compile(r"^[a-z]:", re.IGNORECASE)
_LONGEST_PATH = 4096


def photo_path(source: bytes, name: object) -> bytes | None:
    """The path below the set of a photo that the file `source` names; None for what is no name.

    Drives, hosts and `..` are dropped, since the path is only compared with those of photos.
    """
    if not isinstance(name, str) or not name.strip() or len(name) > _LONGEST_PATH:
        return None
    plain = _DRIVE.sub("", _SCHEME.sub("", name.strip().replace("\\", "/")))
    folder = source.rpartition(b"/")[0].decode("utf-8", "surrogateescape")
    kept: list[str] = folder.split("/") if folder else []
    for part in plain.split("/"):
        if part == ".." and kept:
            kept.pop()
        elif part not in ("", ".", ".."):
            kept.append(part)
    if not kept or not plain.strip("/. "):
        return None
    return "/".join(kept).encode("utf-8", "surrogateescape")


#: Words for splits, in file names, folders and columns.
_SPLITS = {
    "train": Split.TRAIN, "training": Split.TRAIN, "trainset": Split.TRAIN,
    "val": Split.VALIDATION, "valid": Split.VALIDATION, "validation": Split.VALIDATION,
    "dev": Split.VALIDATION,
    "test": Split.TEST, "testing": Split.TEST, "testset": Split.TEST,
}  # fmt: skip


def split_word(word: object) -> Split | None:
    """The split that a word names: `train`, `val2017` and `Test` do; None for other words."""
    if not isinstance(word, str):
        return None
    return _SPLITS.get(re.sub(r"[\d\W_]+", "", word.casefold()))


def split_of_folders(path: bytes) -> Split | None:
    """The split that the innermost folder named after one says, as in `images/train/a.jpg`."""
    folders = reversed(path.decode("utf-8", "replace").split("/")[:-1])
    return next((split for each in folders if (split := split_word(each)) is not None), None)


def split_of_file(path: bytes) -> Split | None:
    """The split of a file about many photos, by its folders or its name, as `instances_val2017.json`."""
    return split_of_folders(path) or split_of_name(path)


@lru_cache(maxsize=256)
def split_of_name(path: bytes) -> Split | None:
    """The split that the name of a file about many photos says."""
    name = path.rpartition(b"/")[2].rpartition(b".")[0].decode("utf-8", "replace")
    found = {split for part in re.split(r"[\W_]+", name) if (split := split_word(part)) is not None}
    return found.pop() if len(found) == 1 else None
