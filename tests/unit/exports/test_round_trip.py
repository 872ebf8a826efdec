"""Every format that the import knows is read back by it: photos, boxes, labels, splits and licences."""

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from core.datasets.importing.formats.opening import open_set
from core.datasets.importing.formats.record import SetFormat
from core.datasets.importing.formats.set_files import SetFiles, archive_files, folder_files
from core.datasets.importing.labelling import SetLabels
from core.datasets.importing.truth import Truth
from core.exports.archive import ExportArchive
from core.exports.formats.base import CropFormat, PhotoFormat
from core.exports.formats.registry import FORMATS
from core.exports.options import ExportFormat
from core.exports.record import ExportedPhoto
from core.labels.label_words import LabelWords
from core.predict.listing.photos import ListedPhoto
from models import Label
from tests.unit.exports.test_formats import EMPTY, FACE, OTHER, PHOTO

VALID = replace(
    EMPTY, photo_id=4, file_name="d.jpg", sha256="d" * 64, split="validation",
    faces=(replace(FACE, face_id=15, label=Label.WITHOUT_MASK),),
)  # fmt: skip
#: What each export is read as.
READ_AS = {
    ExportFormat.VOC: SetFormat.VOC,
    ExportFormat.COCO: SetFormat.COCO,
    ExportFormat.YOLO: SetFormat.YOLO,
    ExportFormat.DARKNET: SetFormat.YOLO,
    ExportFormat.LABEL_STUDIO: SetFormat.LABEL_STUDIO,
    ExportFormat.CVAT: SetFormat.CVAT,
    ExportFormat.CREATE_ML: SetFormat.CREATEML,
    ExportFormat.IMAGE_FOLDER: SetFormat.IMAGE_FOLDER,
    ExportFormat.WIDER_FACE: SetFormat.WIDER_FACE,
    ExportFormat.CSV: SetFormat.CSV,
    ExportFormat.PARQUET: SetFormat.CSV,
    ExportFormat.WEB_DATASET: SetFormat.WEBDATASET,
}
KEEPS_LICENCE = {
    ExportFormat.COCO, ExportFormat.CSV, ExportFormat.PARQUET, ExportFormat.IMAGE_FOLDER,
    ExportFormat.WEB_DATASET,
}  # fmt: skip


def jpeg() -> bytes:
    out = BytesIO()
    Image.new("RGB", (200, 100), "grey").save(out, "JPEG")
    return out.getvalue()


def export_to(folder: Path, fmt: ExportFormat, *photos: ExportedPhoto) -> Path:
    """The path of the zip."""
    with ExportArchive(folder / "work", {}) as archive:
        writer = FORMATS[fmt](archive)
        for photo in photos:
            match writer:
                case PhotoFormat():
                    writer.add_picture(writer.picture_path(photo), jpeg(), photo)
                case CropFormat():
                    for face in photo.faces:
                        writer.add_picture(writer.crop_path(photo, face), jpeg(), photo)
            writer.add(photo)
        writer.finish()
        archive.finish(folder / "out.zip")
    return folder / "out.zip"


def unpacked(path: Path, fmt: ExportFormat) -> SetFiles:
    """The files of an export; WebDataset's tars are read as an upload has them, from the first one on."""
    folder = path.parent / "set"
    with zipfile.ZipFile(path) as archive:
        archive.extractall(folder)
    if fmt is ExportFormat.WEB_DATASET:
        tars = [archive_files(each) for each in sorted(folder.glob("*.tar"))]
        openers = {name: opener for each in tars for name, opener in each.openers.items()}
        return SetFiles(openers=openers, photos=lambda: (photo for each in tars for photo in each.photos()))
    return folder_files(folder)


def truths_of(files: SetFiles, read_as: SetFormat) -> dict[str, Truth]:
    """What is read of each photo, by the stem of its name."""
    labelled = open_set(files)
    assert labelled.recognition.format is read_as
    labels = SetLabels(labelled, LabelWords(), root_name="", keep_splits=True)
    found = {}
    for path in files.photos():
        listed = labels.label(ListedPhoto(locator=path))
        assert listed.truth is not None, listed.error_message
        found[Path(path.decode()).stem] = Truth.from_json(listed.truth)
    assert labelled.index.unused == set() and not labelled.problems.counts
    return found


def corners(truth: Truth) -> list[tuple[str, ...] | list[float]]:
    """Boxes with the values of their labels, in pixels of a picture of 200 x 100."""
    across, down = (200, 100) if truth.is_relative else (1, 1)
    said = [(each.label.value, each.box) for each in truth.boxes]
    said += [("unlabelled", box) for box in truth.unlabelled]
    return sorted(
        (word, *(round(place) for place in (box.x1 * across, box.y1 * down, box.x2 * across, box.y2 * down)))
        for word, box in said
    )


@pytest.mark.parametrize("fmt", READ_AS)
def test_the_import_reads_what_was_exported(tmp_path: Path, fmt: ExportFormat) -> None:
    # Predictions, which Label Studio keeps apart, are not read by an import.
    guessed = [face for face in PHOTO.faces if face.decided or fmt is not ExportFormat.LABEL_STUDIO]
    photo = replace(PHOTO, faces=tuple(guessed))
    files = unpacked(export_to(tmp_path, fmt, photo, EMPTY, OTHER, VALID), fmt)
    truths = truths_of(files, READ_AS[fmt])
    has_labels = fmt is not ExportFormat.WIDER_FACE
    for said in (photo, EMPTY, OTHER, VALID):
        expected = sorted(
            (
                face.class_name if has_labels else "unlabelled",
                *map(round, (face.x1, face.y1, face.x2, face.y2)),
            )
            for face in said.faces
        )
        truth = truths[said.stem]
        found = corners(truth)
        assert [word for word, *_ in found] == [word for word, *_ in expected], said.stem
        for (_, *ours), (_, *wanted) in zip(found, expected, strict=True):
            # Some formats have whole pixels.
            assert max(abs(one - other) for one, other in zip(ours, wanted, strict=True)) <= 1
        assert truth.split is not None and truth.split.value == said.split
        if fmt in KEEPS_LICENCE:
            assert truth.licence == (said.credit.licence if said.credit else None)


def test_crops_are_read_back_by_their_folders(tmp_path: Path) -> None:
    files = unpacked(
        export_to(tmp_path, ExportFormat.CLASS_FOLDERS, PHOTO, OTHER), ExportFormat.CLASS_FOLDERS
    )
    labels = SetLabels(open_set(files), LabelWords(), root_name="", keep_splits=True)
    found = {}
    for path in files.photos():
        listed = labels.label(ListedPhoto(locator=path))
        truth = Truth.from_json(listed.truth) if listed.truth else None
        found["/".join(path.decode().split("/")[:2])] = (
            (truth.split.value, truth.label.value) if truth else listed.error_code
        )
    assert found == {
        "test/with_mask": ("test", "with_mask"),
        "train/with_mask": ("train", "with_mask"),
        "train/incorrect": ("train", "incorrect"),
        # A crop without a label teaches nothing.
        "train/unlabelled": "label_unknown",
    }
