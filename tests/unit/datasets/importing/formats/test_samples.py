"""Sets as other tools write them are recognised, and give the same boxes, labels and splits."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from core.datasets.importing.formats.opening import LabelledSet, open_set
from core.datasets.importing.formats.record import SetFormat, SetRecord
from core.datasets.importing.formats.set_files import SUFFIXES, folder_files
from core.datasets.importing.labelling import SetLabels
from core.errors import InputError
from core.labels.label_words import LabelWords
from models import Split

SAMPLES = Path(__file__).parent / "samples"
BOXES = {
    "a": [("with_mask", 20, 20, 80, 90), ("without_mask", 120, 30, 180, 100)],
    "b": [("mask_weared_incorrect", 20, 20, 80, 90)],
    "c": [],
}
TRAIN_AND_VALIDATION = {"a": Split.TRAIN, "b": Split.VALIDATION, "c": Split.TRAIN}
#: Sample, format, where its photos are, and the splits that it brings.
CASES: list[tuple[str, SetFormat, Sequence[str], dict[str, Split]]] = [
    ("coco_supervision", SetFormat.COCO, ["train/a.jpg", "valid/b.jpg", "train/c.jpg"], TRAIN_AND_VALIDATION),
    ("coco_datumaro", SetFormat.COCO, ["images/train/a.jpg", "images/val/b.jpg", "images/train/c.jpg"],
     TRAIN_AND_VALIDATION),
    ("yolo_supervision", SetFormat.YOLO,
     ["train/images/a.jpg", "valid/images/b.jpg", "train/images/c.jpg"], TRAIN_AND_VALIDATION),
    ("yolo_ultralytics_datumaro", SetFormat.YOLO,
     ["images/train/a.jpg", "images/val/b.jpg", "images/train/c.jpg"], TRAIN_AND_VALIDATION),
    ("yolo_darknet_datumaro", SetFormat.YOLO,
     ["obj_train_data/a.jpg", "obj_val_data/b.jpg", "obj_train_data/c.jpg"], TRAIN_AND_VALIDATION),
    ("voc_supervision", SetFormat.VOC, ["images/a.jpg", "images/b.jpg", "images/c.jpg"], {}),
    ("voc_datumaro", SetFormat.VOC, ["JPEGImages/a.jpg", "JPEGImages/b.jpg"],
     {"a": Split.TRAIN, "b": Split.VALIDATION}),
    ("cvat_datumaro", SetFormat.CVAT, ["images/train/a.jpg", "images/val/b.jpg", "images/train/c.jpg"],
     TRAIN_AND_VALIDATION),
    ("wider_face_datumaro", SetFormat.WIDER_FACE,
     ["WIDER_train/images/no_label/a.jpg", "WIDER_val/images/no_label/b.jpg"],
     {"a": Split.TRAIN, "b": Split.VALIDATION}),
    ("open_images_datumaro", SetFormat.CSV, ["images/train/a.jpg", "images/val/b.jpg"],
     {"a": Split.TRAIN, "b": Split.VALIDATION}),
    ("label_studio", SetFormat.LABEL_STUDIO, ["images/a.jpg", "images/c.jpg"], {}),
    ("label_studio_min", SetFormat.LABEL_STUDIO, ["images/a.jpg", "images/c.jpg"], {}),
    ("createml_supervision", SetFormat.CREATEML, ["a.jpg", "b.jpg", "c.jpg"], {}),
    ("createml", SetFormat.CREATEML, ["a.jpg", "c.jpg"], {}),
    ("image_folder", SetFormat.IMAGE_FOLDER, ["train/a.jpg", "train/c.jpg"],
     {"a": Split.TRAIN, "c": Split.TRAIN}),
    ("csv_tensorflow", SetFormat.CSV, ["images/a.jpg"], {"a": Split.TRAIN}),
]  # fmt: skip


def opened(sample: str, photos: Sequence[str] = ()) -> LabelledSet:
    files = folder_files(SAMPLES / sample)
    return open_set(replace(files, photos=lambda: iter([photo.encode() for photo in photos])))


def boxes_of(record: SetRecord) -> list[tuple[str, float, float, float, float]]:
    """The boxes in pixels of the picture of 300 x 200, to a pixel."""
    assert record.annotation is not None
    across, down = (300, 200) if record.annotation.is_relative else (1, 1)
    found = []
    for each in record.annotation.objects:
        assert each.box is not None and each.problem is None
        corners = (each.box.x1 * across, each.box.y1 * down, each.box.x2 * across, each.box.y2 * down)
        found.append((each.word, *map(round, corners)))
    return found


@pytest.mark.parametrize(("sample", "format_", "photos", "splits"), CASES, ids=[case[0] for case in CASES])
def test_a_set_as_its_tool_writes_it(
    sample: str, format_: SetFormat, photos: Sequence[str], splits: dict[str, Split]
) -> None:
    found = opened(sample, photos)
    assert found.recognition.format is format_
    labels = SetLabels(found, LabelWords(), root_name="", keep_splits=True)
    for photo in photos:
        record = found.find(photo.encode())
        assert record is not None, photo
        name = Path(photo).stem
        # Voc counts from 1 in some of its tools.
        expected, said = BOXES[name], boxes_of(record)
        assert [word for word, *_ in said] == [word for word, *_ in expected]
        for (_, *corners), (_, *wanted) in zip(said, expected, strict=True):
            assert max(abs(one - other) for one, other in zip(corners, wanted, strict=True)) <= 1
        assert labels.truth_of(photo.encode()).split is splits.get(name), photo
    assert found.index.unused == set()


def test_a_split_is_kept_only_where_it_was_asked_for() -> None:
    labels = SetLabels(opened("coco_supervision"), LabelWords(), root_name="")
    assert labels.truth_of(b"train/a.jpg").split is None


def test_licences_of_a_set_come_along() -> None:
    for sample, licence in (("coco_supervision", "CC BY 4.0"), ("image_folder", "CC0 1.0")):
        labels = SetLabels(opened(sample), LabelWords(), root_name="")
        assert labels.truth_of(b"train/a.jpg").licence == licence


def test_the_reason_of_the_format_is_said() -> None:
    (sentence,) = opened("createml").recognition.sentences
    assert sentence == "Read as CreateML JSON: it has _annotations.createml.json."


def test_a_set_in_two_formats_says_both_and_either_can_be_chosen(tmp_path: Path) -> None:
    for sample in ("voc_supervision", "createml"):
        for path in (SAMPLES / sample).rglob("*.*"):
            target = tmp_path / path.relative_to(SAMPLES / sample)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())
    both = open_set(folder_files(tmp_path))
    assert (both.recognition.format, both.recognition.others) == (SetFormat.VOC, (SetFormat.CREATEML,))
    assert "It also has files of CreateML JSON" in both.recognition.sentences[1]
    chosen = open_set(folder_files(tmp_path), SetFormat.CREATEML)
    assert chosen.recognition.format is SetFormat.CREATEML
    assert chosen.find(b"a.jpg") is not None
    # A format of which the set has nothing finds nothing, and says so for each photo.
    none = SetLabels(open_set(folder_files(tmp_path), SetFormat.CVAT), LabelWords(), root_name="")
    with pytest.raises(InputError, match="no annotation"):
        none.truth_of(b"a.jpg")


def test_the_browser_sends_the_same_files() -> None:
    script = (Path(__file__).parents[5] / "web" / "static" / "js" / "file-names.js").read_text()
    (pattern,) = re.findall(r"const ANNOTATION = /(.*)/i;", script)
    assert all(re.search(pattern, f"a{suffix.decode()}") for suffix in SUFFIXES)
    assert not re.search(pattern, "a.docx")
