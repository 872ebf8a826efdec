"""Exports are read by the libraries for which they are made, with the same boxes and labels.

pycocotools reads COCO in `test_formats`.
"""

import logging
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.exports.options import ExportFormat
from core.exports.record import CLASSES, ExportedPhoto
from tests.training import Late
from tests.unit.exports.test_formats import EMPTY, FACE, OTHER, PHOTO
from tests.unit.exports.test_round_trip import export_to

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")

supervision, datasets, webdataset = Late("supervision"), Late("datasets"), Late("webdataset")
mlcroissant, tensorflow, keras = Late("mlcroissant"), Late("tensorflow"), Late("keras")

#: Photos of the split train, by name: class and corners of each face.
TRAIN = {
    "a.jpg": [
        ("with_mask", 20, 30, 60, 90),
        ("incorrect", 100, 30, 140, 90),
        ("unlabelled", 150, 30, 200, 90),
    ],
    "b.jpg": [],
}
Boxes = dict[str, list[tuple[Any, ...]]]


def folder_of(tmp_path: Path, fmt: ExportFormat, *photos: ExportedPhoto) -> Path:
    with zipfile.ZipFile(export_to(tmp_path, fmt, *(photos or (PHOTO, EMPTY, OTHER)))) as archive:
        archive.extractall(tmp_path / "set")
    return tmp_path / "set"


def boxes_of(found: Any) -> Boxes:
    """What supervision has read."""
    return {
        Path(path).name: [
            (found.classes[number], *(round(float(place)) for place in box))
            for box, number in zip(said.xyxy, said.class_id, strict=True)
        ]
        for path, _, said in found
    }


def test_supervision_reads_coco(tmp_path: Path) -> None:
    root = folder_of(tmp_path, ExportFormat.COCO)
    found = supervision.DetectionDataset.from_coco(
        str(root / "images/train"), str(root / "annotations/instances_train.json")
    )
    assert boxes_of(found) == TRAIN and found.classes == list(CLASSES)


def test_supervision_reads_yolo(tmp_path: Path) -> None:
    root = folder_of(tmp_path, ExportFormat.YOLO)
    found = supervision.DetectionDataset.from_yolo(
        str(root / "images/train"), str(root / "labels/train"), str(root / "data.yaml")
    )
    assert boxes_of(found) == TRAIN and found.classes == list(CLASSES)


def test_supervision_reads_voc(tmp_path: Path) -> None:
    root = folder_of(tmp_path, ExportFormat.VOC, PHOTO, EMPTY)
    found = supervision.DetectionDataset.from_pascal_voc(str(root / "JPEGImages"), str(root / "Annotations"))
    # It counts pixels from 1, as the challenge did; LabelImg and the export count from 0.
    shifted = {
        name: [(word, x1 - 1, y1 - 1, x2, y2) for word, x1, y1, x2, y2 in boxes]
        for name, boxes in TRAIN.items()
    }
    assert boxes_of(found) == shifted


def test_supervision_reads_createml(tmp_path: Path) -> None:
    root = folder_of(tmp_path, ExportFormat.CREATE_ML)
    found = supervision.DetectionDataset.from_createml(
        str(root / "train"), str(root / "train/_annotations.createml.json")
    )
    assert boxes_of(found) == TRAIN


def test_keras_reads_class_folders(tmp_path: Path) -> None:
    root = folder_of(tmp_path, ExportFormat.CLASS_FOLDERS, PHOTO, replace(OTHER, split="train"))
    found = keras.utils.image_dataset_from_directory(root / "train", image_size=(32, 32), verbose=False)
    assert found.class_names == ["incorrect", "unlabelled", "with_mask"]
    assert sorted(label for _, labels in found for label in labels.numpy()) == [0, 1, 2, 2]


@pytest.fixture
def hugging_face(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Loads a set by `datasets`, which asks no server."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets.disable_progress_bars()
    return lambda name, **where: datasets.load_dataset(name, cache_dir=str(tmp_path / "cache"), **where)


def test_hugging_face_reads_imagefolder_also_where_a_split_has_no_face(tmp_path: Path, hugging_face) -> None:
    root = folder_of(
        tmp_path, ExportFormat.IMAGE_FOLDER, PHOTO, EMPTY, replace(EMPTY, file_name="e.jpg", split="test")
    )
    found = hugging_face("imagefolder", data_dir=str(root))
    first = found["train"][0]
    assert first["image"].size == (200, 100)
    assert first["objects"]["categories"] == ["with_mask", "incorrect", "unlabelled"]
    assert first["objects"]["bbox"][0] == [20.0, 30.0, 40.0, 60.0]
    assert len(found["test"]) == 1


def test_hugging_face_reads_parquet(tmp_path: Path, hugging_face) -> None:
    root = folder_of(tmp_path, ExportFormat.PARQUET)
    found = hugging_face("parquet", data_files=str(root / "faces.parquet"))["train"]
    assert found["label"][:4] == ["with_mask", "incorrect", "unlabelled", None]
    assert found["x2"][0] == 60.0


# It leaves the tar to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_webdataset_reads_its_shards(tmp_path: Path) -> None:
    root = folder_of(tmp_path, ExportFormat.WEB_DATASET)
    reader = webdataset.WebDataset(str(root / "train-000000.tar"), shardshuffle=False).decode("pil")
    found = {each["__key__"]: (each["jpg"].size, len(each["json"]["objects"])) for each in reader}
    assert found == {"a": ((200, 100), 3), "b": ((200, 100), 0)}


@pytest.mark.parametrize("fmt", [ExportFormat.CSV, ExportFormat.PARQUET])
def test_mlcroissant_reads_both_tables_and_the_pictures(
    tmp_path: Path, fmt: ExportFormat, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = folder_of(tmp_path, fmt)
    # It recommends a citation and a date, which an export has not.
    monkeypatch.setattr(logging.getLogger("absl"), "disabled", True)
    found = mlcroissant.Dataset(str(root / "croissant.json"))
    assert not found.metadata.ctx.issues.errors
    rows = list(found.records("faces"))
    assert [row["faces/label"] for row in rows[:3]] == [b"with_mask", b"incorrect", b"unlabelled"]
    assert (rows[0]["faces/x2"], rows[0]["faces/decided"]) == (60.0, True)
    pictures = {row["pictures/file"]: row["pictures/content"].size for row in found.records("pictures")}
    assert pictures == {f"images/{name}.jpg".encode(): (200, 100) for name in "abc"}


def test_tensorflow_reads_tfrecord(tmp_path: Path) -> None:
    root = folder_of(tmp_path, ExportFormat.TF_RECORD)
    strings, floats = (
        tensorflow.io.VarLenFeature(tensorflow.string),
        tensorflow.io.VarLenFeature(tensorflow.float32),
    )
    described = {
        "image/encoded": tensorflow.io.FixedLenFeature([], tensorflow.string),
        "image/filename": tensorflow.io.FixedLenFeature([], tensorflow.string),
        "image/width": tensorflow.io.FixedLenFeature([], tensorflow.int64),
        "image/object/bbox/xmax": floats,
        "image/object/class/text": strings,
        "image/object/class/label": tensorflow.io.VarLenFeature(tensorflow.int64),
    }
    # A wrong checksum would be an error.
    records = tensorflow.data.TFRecordDataset(str(root / "train-000000.tfrecord"))
    first, second = (tensorflow.io.parse_single_example(record, described) for record in records)
    assert first["image/filename"].numpy() == b"a.jpg" and first["image/width"].numpy() == 200
    assert tensorflow.io.decode_jpeg(first["image/encoded"]).shape == (100, 200, 3)
    assert first["image/object/class/text"].values.numpy().tolist() == [
        b"with_mask",
        b"incorrect",
        b"unlabelled",
    ]
    assert first["image/object/class/label"].values.numpy().tolist() == [1, 3, 4]
    assert first["image/object/bbox/xmax"].values.numpy()[0] == pytest.approx(0.3)
    assert second["image/object/bbox/xmax"].values.shape == (0,)


def test_a_shard_of_tfrecord_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from core.exports.formats import tf_record

    monkeypatch.setattr(tf_record, "SHARD_BYTES", 1)
    root = folder_of(tmp_path, ExportFormat.TF_RECORD, PHOTO, EMPTY, replace(OTHER, faces=(FACE,)))
    assert sorted(each.name for each in root.glob("*.tfrecord")) == [
        "test-000000.tfrecord",
        "train-000000.tfrecord",
        "train-000001.tfrecord",
    ]
