"""What an export holds, and in which format."""

import re
from enum import StrEnum
from typing import Any, Self

from pydantic import Field, field_validator, model_validator

from core.errors import InputError
from core.jobs.options import JobOptions
from core.library.pictures.anonymise import Anonymise
from core.library.selection.model import EVERYTHING, LibrarySelection

#: Least and most pixels of `long_side`.
LONG_SIDES = (64, 16_384)


class ExportFormat(StrEnum):
    """The format of an export."""

    VOC = "voc"
    COCO = "coco"
    YOLO = "yolo"
    DARKNET = "darknet"
    LABEL_STUDIO = "label_studio"
    CVAT = "cvat"
    CREATE_ML = "createml"
    CLASS_FOLDERS = "class_folders"
    IMAGE_FOLDER = "imagefolder"
    WIDER_FACE = "wider_face"
    CSV = "csv"
    PARQUET = "parquet"
    WEB_DATASET = "webdataset"
    TF_RECORD = "tfrecord"

    @property
    def words(self) -> str:
        """The name that people know."""
        return _NAMES[self]


_NAMES = {
    ExportFormat.COCO: "COCO",
    ExportFormat.YOLO: "YOLO (Ultralytics)",
    ExportFormat.DARKNET: "YOLO (Darknet)",
    ExportFormat.VOC: "Pascal VOC",
    ExportFormat.LABEL_STUDIO: "Label Studio",
    ExportFormat.CVAT: "CVAT for images",
    ExportFormat.CREATE_ML: "CreateML",
    ExportFormat.CLASS_FOLDERS: "Folders of face crops",
    ExportFormat.IMAGE_FOLDER: "Hugging Face ImageFolder",
    ExportFormat.WIDER_FACE: "WIDER FACE",
    ExportFormat.CSV: "CSV with Croissant metadata",
    ExportFormat.PARQUET: "Parquet with Croissant metadata",
    ExportFormat.WEB_DATASET: "WebDataset",
    ExportFormat.TF_RECORD: "TFRecord",
}


class ExportedLabels(StrEnum):
    """Which labels leave."""

    #: What people decided, else what was predicted.
    FINAL = "final"
    #: What people decided; other faces are unlabelled.
    DECIDED = "decided"


class Unlabelled(StrEnum):
    """What happens to faces without a label."""

    KEEP = "keep"
    DROP = "drop"
    #: A photo with such a face is left out.
    LEAVE_OUT = "leave_out"


class ExportOptions(JobOptions):
    """Which photos, labels and pictures leave, and how."""

    format: ExportFormat = Field(description="Format of the annotations.")
    selection: LibrarySelection = Field(EVERYTHING, description="Photos of the library.")
    dataset_id: int | None = Field(
        None, description="Faces, labels and splits of this dataset, instead of a selection."
    )
    queue_id: int | None = Field(None, description="Photos of this review queue, instead of a selection.")
    labels: ExportedLabels = Field(ExportedLabels.FINAL, description="Final labels, or decided ones only.")
    unlabelled: Unlabelled = Field(
        Unlabelled.KEEP, description="Keep or drop boxes without a label, or leave such photos out."
    )
    boxed_only: bool = Field(
        False, description="Only photos of which a person said that all faces are boxed."
    )
    photos: bool = Field(True, description="With the photos themselves.")
    long_side: int | None = Field(
        None,
        ge=LONG_SIDES[0],
        le=LONG_SIDES[1],
        title="long side in pixels",
        description="Make larger photos smaller, as JPEG; boxes follow.",
    )
    metadata: bool = Field(False, description="Keep EXIF and GPS data of the files.")
    anonymise: Anonymise = Field(Anonymise.NONE, description="Cover eyes or faces in the photos.")
    licences: tuple[str, ...] = Field(
        (), description="Only photos under these licences, such as CC0 and CC BY, in any version."
    )
    non_commercial: bool = Field(
        True, description="Also photos for non-commercial use only, and of no known licence."
    )
    validation_share: float = Field(
        0.0,
        ge=0,
        lt=1,
        title="share of validation photos",
        description="Share of the photos in the split validation; datasets have their own splits.",
    )
    test_share: float = Field(
        0.0, ge=0, lt=1, title="share of test photos", description="Share of the photos in the split test."
    )
    split_seed: int = Field(
        0,
        ge=0,
        le=2**31 - 1,
        title="seed of the splits",
        description="Another seed draws other photos; photos of one duplicate group stay together.",
    )
    crop_side: int = Field(
        224, ge=16, le=1024, title="side of crops in pixels", description="For class folders."
    )
    crop_margin: float = Field(
        0.25, ge=0, le=2, title="margin of crops", description="For class folders: in sides of the box."
    )

    @field_validator("licences")
    @classmethod
    def _families(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted({licence_family(licence) for licence in value if licence.strip()}))

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        sources = (self.selection != EVERYTHING, self.dataset_id is not None, self.queue_id is not None)
        if sum(sources) > 1:
            raise InputError(
                "option_invalid", "Export a selection, a dataset or a queue, not several of them."
            )
        if self.dataset_id is not None and self.is_split:
            raise InputError("option_invalid", "A dataset has its own splits; leave the shares at 0.")
        if self.validation_share + self.test_share >= 1:
            raise InputError(
                "option_invalid", "Leave some photos to train: the shares must be below 1 together."
            )
        return self

    @property
    def is_split(self) -> bool:
        """Whether photos are drawn for validation or test."""
        return self.validation_share + self.test_share > 0

    def to_json(self) -> dict[str, Any]:
        """The JSON of `Job.options`."""
        return super().to_json() | {"selection": self.selection.to_json()}

    def allows(self, licence: str | None) -> bool:
        """Whether photos under this licence leave. One that nobody knows is not taken for a free one."""
        if licence is None or not licence.strip():
            return not self.licences and self.non_commercial
        family = licence_family(licence)
        if not self.non_commercial and "NC" in re.split(r"[ -]", family):
            return False
        return not self.licences or family in self.licences


def licence_family(licence: str) -> str:
    """The licence without version and country, in capitals: `CC BY-SA 4.0` is of the family `CC BY-SA`."""
    words = licence.upper().replace("_", "-").split()
    kept = [word for word in words if not re.fullmatch(r"\d+(\.\d+)*", word)]
    family = " ".join(kept).replace("CC-", "CC ", 1)
    return re.sub(r"-\d+(\.\d+)*$", "", family)
