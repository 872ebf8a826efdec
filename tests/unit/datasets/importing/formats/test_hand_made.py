"""Faults of sets that people edit by hand: each has its reason, and costs only itself."""

import json
from typing import Any

import numpy as np
import pytest

from core.datasets.importing.formats.opening import LabelledSet
from core.datasets.importing.formats.record import Problem, SetFormat
from core.datasets.importing.formats.run_lengths import box_of_runs
from core.errors import InputError
from core.labels.annotation import AnnotatedObject, ObjectProblem
from tests.training import Late
from tests.unit.datasets.importing.formats.test_damaged import COCO, opened, problems_of, shape, task

pycocotools_mask = Late("pycocotools.mask")


def written(said: object) -> str:
    """JSON with letters as they are."""
    return json.dumps(said, ensure_ascii=False)


_CVAT = (
    '<annotations><version>1.1</version><image name="é & b.jpg" width="200" height="100">'
    '<box label="mask" xtl="20" ytl="20" xbr="80" ybr="90"/></image></annotations>'
)
#: A file of each format, and the photo that it names; `é` makes its encoding matter.
_FILES = {
    "labels.json": (written(COCO | {"images": [{"id": 1, "file_name": "é.jpg"}]}), "é.jpg"),
    "tasks.json": (written([task("é.jpg", shape(x=1, y=1, width=20, height=20))]), "é.jpg"),
    "faces.csv": ("filename,label,xmin,ymin,xmax,ymax\né.jpg,mask,1,2,30,40\n", "é.jpg"),
    "metadata.jsonl": (
        written({"file_name": "é.jpg", "objects": {"bbox": [[1, 2, 30, 40]], "categories": ["mask"]}}),
        "é.jpg",
    ),
    "metadata.csv": ("file_name,label\né.jpg,mask\n", "é.jpg"),
    "wider_face_train_bbx_gt.txt": ("é.jpg\n1\n20 20 60 70\n", "é.jpg"),
    "annotations.xml": (_CVAT, "é & b.jpg"),
    "é.txt": ("0 0.5 0.5 0.2 0.2\n", "é.jpg"),
    "é.cls": ("with_mask\r\n", "é.jpg"),
}  # fmt: skip


def objects_of(found: LabelledSet, photo: str) -> tuple[AnnotatedObject, ...]:
    record = found.find(photo.encode())
    assert record is not None and record.annotation is not None
    return record.annotation.objects


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("name", _FILES)
def test_every_format_in_the_encodings_of_editors(name: str, encoding: str) -> None:
    text, photo = _FILES[name]
    for lines in (text, text.replace("\n", "\r\n")):
        found = opened({name: lines.encode(encoding)}, photos=(photo,))
        record = found.find(photo.encode())
        assert record is not None, found.recognition.sentences
        assert record.label or (record.annotation is not None and record.annotation.objects)
        assert not found.problems.counts


def test_a_file_that_is_damaged_from_its_beginning_is_named_beside_those_that_are_read() -> None:
    whole = json.dumps(COCO)
    for damaged, why in (
        (whole[:15], "no value"),
        ("", "it is empty"),
        ("<html>", "begins neither"),
        (whole[1:], "begins neither"),
    ):
        found = opened({"train.json": whole, "val.json": damaged})
        assert problems_of(found) == {Problem.FILE_BAD: 1}
        assert "val.json" in found.problems.sentences()[0] and why in found.problems.sentences()[0]
        alone = opened({"val.json": damaged})
        assert problems_of(alone) == {Problem.FILE_BAD: 1}
    for name in ("faces.csv", "metadata.jsonl"):
        assert problems_of(opened({name: b""})) == {Problem.FILE_BAD: 1}
    (sentence,) = opened({"faces.parquet": b"PAR1xxxxPAR1"}).problems.sentences()
    assert "faces.parquet (The Parquet file cannot be read" in sentence


def test_files_of_no_known_format_are_named_where_no_other_is_found() -> None:
    found = opened({"notes.csv": "when,who\n1,me\n", "README.txt": "x", "other.json": '{"a": 1}'})
    assert found.recognition.format is SetFormat.FOLDERS
    assert found.recognition.sentences[1] == (
        "Not read, since of no known format: 2 files, such as notes.csv, other.json."
    )
    assert len(opened({"README.txt": "x"}).recognition.sentences) == 1


def test_an_integer_of_thousands_of_digits_costs_only_its_box() -> None:
    text = json.dumps(COCO).replace("[1, 2, 30, 40]}", f"[{'9' * 5000}, 2, 30, 40]}}, " + (
        '{"image_id": 2, "category_id": 1, "bbox": [1, 2, 30, 40]}'
    ))  # fmt: skip
    found = opened({"l.json": text})
    (bad,), (good,) = objects_of(found, "a.jpg"), objects_of(found, "b.jpg")
    assert (bad.problem, good.problem) == (ObjectProblem.BOX_MISSING, None)
    line = '{"file_name": "a.jpg", "label": ' + "9" * 5000 + '}\n{"file_name": "b.jpg", "label": 7}\n'
    lines = opened({"metadata.jsonl": line})
    record = lines.find(b"b.jpg")
    assert record is not None and record.label == "7"


def test_a_line_that_is_not_json_says_which() -> None:
    found = opened({"metadata.jsonl": '{"file_name": "a.jpg", "label": "mask"}\n{"file_name"\n'})
    assert found.find(b"a.jpg") is not None
    assert "line 2 is not JSON" in found.problems.sentences()[0]


def runs(said: dict[str, Any]) -> tuple[float, ...]:
    return tuple(box_of_runs(said))  # type: ignore[arg-type]


def test_masks_of_run_lengths_become_the_box_around_them() -> None:
    chance = np.random.default_rng(3)
    for _ in range(50):
        height, width = (int(each) for each in chance.integers(5, 70, 2))
        mask = np.zeros((height, width), np.uint8, order="F")
        top, left = int(chance.integers(0, height - 2)), int(chance.integers(0, width - 2))
        mask[top : top + int(chance.integers(1, 40)), left : left + int(chance.integers(1, 40))] = 1
        mask &= (chance.random((height, width)) > 0.2).astype(np.uint8)
        packed = pycocotools_mask.encode(np.asfortranarray(mask))
        x, y, across, down = (float(each) for each in pycocotools_mask.toBbox(packed))
        expected = (x, y, x + across, y + down) if mask.any() else (0, 0, 0, 0)
        assert runs({"size": [height, width], "counts": packed["counts"].decode()}) == expected
        changes = np.flatnonzero(np.diff(mask.ravel(order="F"), prepend=0, append=2))
        counts = np.diff(changes, prepend=0).tolist()
        assert runs({"size": [height, width], "counts": counts}) == expected


@pytest.mark.parametrize(
    "mask",
    [
        {"size": [2, 3], "counts": [1, 9]}, {"size": [2, 3], "counts": [-1, 2]}, {"size": [2], "counts": [1]},
        {"size": [2, 3], "counts": "\x7f"}, {"size": [2, 3], "counts": ["x"]},
        {"size": [2, 3], "counts": "oo" * 9},
    ],
)  # fmt: skip
def test_what_is_no_mask_has_no_box(mask: dict[str, Any]) -> None:
    assert runs(mask) == (None, None, None, None)


def test_coco_with_masks_alone() -> None:
    mask = {"size": [100, 200], "counts": [2010, 30, 70, 30, 17860]}
    rows = [{"image_id": 1, "category_id": 1, "segmentation": mask}]
    found = opened({"l.json": json.dumps(COCO | {"annotations": rows})})
    (made,) = objects_of(found, "a.jpg")
    assert made.box is not None and tuple(vars(made.box).values()) == (20, 10, 22, 40)
    assert problems_of(found) == {Problem.SHAPE_REDUCED: 1}


def test_names_of_photos_as_addresses_have_them() -> None:
    images = [{"id": 1, "file_name": "images/a%20b.jpg"}, {"id": 2, "file_name": "images/50%25.jpg"}]
    found = opened(
        {"l.json": json.dumps(COCO | {"images": images})}, photos=("images/a b.jpg", "images/50%.jpg")
    )
    assert found.find(b"images/a b.jpg") is not None and found.find(b"images/50%.jpg") is not None
    assert not found.index.unused


def test_names_of_label_studio_with_marks_of_addresses() -> None:
    names = (
        "a#1.jpg",
        "b?2.jpg",
        "100%.jpg",
        "50%20off.jpg",
        "http://[bad/c.jpg",
        "/data/upload/1/0a1b2c3d-d%20%C3%A9.jpg",
    )
    found = opened({"p.json": json.dumps([task(each) for each in names])}, photos=())
    for photo in ("a#1.jpg", "b?2.jpg", "100%.jpg", "50%20off.jpg", "50 off.jpg", "c.jpg", "d é.jpg"):
        assert found.find(photo.encode()) is not None or photo == "c.jpg", photo
    assert not found.problems.counts


def test_a_bad_line_of_yolo_costs_only_itself_and_pixels_lie_outside() -> None:
    files = {
        "data.yaml": "names: [mask]\n",
        "a.txt": "0 0.5 0.5 0.2 0.2\nmask 0.5 0.5 0.2 0.2\n-1 0.5 0.5 0.1 0.1\n0 40 50 20 30\n"
        "0 nan 0.5 0.1 0.1\n",
        "b.txt": "0,0.5,0.5,0.2,0.2\n",
    }
    found = opened(files)
    assert [each.problem for each in objects_of(found, "a.jpg")] == [
        None,
        ObjectProblem.BOX_MISSING,
        ObjectProblem.BOX_MISSING,
        ObjectProblem.BOX_OUTSIDE,
        ObjectProblem.BOX_MISSING,
    ]
    with pytest.raises(InputError, match="no line begins with a class number"):
        found.find(b"b.jpg")


def test_yolo_is_known_by_its_data_yaml_where_no_line_looks_like_it() -> None:
    yaml = {"data.yaml": "names: [mask]\n"}
    empty = opened(yaml | {"a.txt": ""})
    assert empty.recognition.format is SetFormat.YOLO and objects_of(empty, "a.jpg") == ()
    assert opened(yaml | {"a.txt": "0 40 50 20 30\n"}).recognition.format is SetFormat.YOLO
    assert opened(yaml).recognition.format is SetFormat.FOLDERS
    assert opened({"labels.txt": "mask\n", "a.txt": "x\n"}).recognition.format is SetFormat.FOLDERS


@pytest.mark.parametrize(
    "text", ["b.jpg\n0\na.jpg\n1\n1 2 29 38\n", "b.jpg\n0\n0 0 0 0 0 0 0 0 0 0\na.jpg\n1\n1 2 29 38\n"]
)
def test_wider_face_that_begins_with_a_photo_without_a_face(text: str) -> None:
    found = opened({"wider_face_train_bbx_gt.txt": text})
    assert found.recognition.format is SetFormat.WIDER_FACE
    assert len(objects_of(found, "a.jpg")) == 1 and objects_of(found, "b.jpg") == ()


def test_a_number_of_thousands_of_digits_costs_only_its_photo() -> None:
    text = f"c.jpg\n1\n1 2 29 38\na.jpg\n{'9' * 5000}\n1 2 29 38\nb.jpg\n1\n1 2 29 38\n"
    found = opened({"wider_face_train_bbx_gt.txt": text})
    assert found.find(b"a.jpg") is None and len(objects_of(found, "b.jpg")) == 1
    assert set(problems_of(found)) == {Problem.RECORD_BAD}


@pytest.mark.parametrize(
    "text",
    [
        "filename;label;xmin;ymin;xmax;ymax\na.jpg;mask;1,5;2,0;30,25;40\n",
        "sep=;\r\nfilename;label;xmin;ymin;xmax;ymax\r\na.jpg;mask;1,5;2;30,25;40\r\n",
        "filename,label,xmin,ymin,xmax,ymax\ra.jpg,mask,1.5,2,30.25,40\r",
        'sep=,\nfilename,label,xmin,ymin,xmax,ymax\n"a.jpg",mask,1.5,2,30.25,40\n',
    ],
)
def test_tables_of_spreadsheets(text: str) -> None:
    (made,) = objects_of(opened({"faces.csv": text}), "a.jpg")
    assert made.box is not None and tuple(vars(made.box).values()) == (1.5, 2, 30.25, 40)


def test_an_open_quote_does_not_hide_the_rows_that_it_swallows() -> None:
    head = "filename,label,xmin,ymin,xmax,ymax\na.jpg,mask,1,2,30,40\n"
    for rest in (
        '"b.jpg,mask,1,2,30,40\nc.jpg,mask,1,2,30,40\n',
        'b.jpg,"mask,1,2,30,40\nc.jpg,mask,1,2,30,40\n',
    ):
        found = opened({"faces.csv": head + rest})
        assert found.problems.counts[Problem.FILE_CUT] == 1
        assert "row 2 has a field of several lines" in found.problems.sentences()[0]
        assert found.problems.incomplete == {b"faces.csv"}
