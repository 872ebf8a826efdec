"""Damaged and hostile files never stop an import: each is counted, and what precedes the damage is read."""

import json
import random
from collections.abc import Mapping
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest

from core.datasets.importing.formats.opening import LabelledSet, open_set
from core.datasets.importing.formats.record import Problem, SetFormat
from core.datasets.importing.formats.set_files import SetFiles, is_set_file
from core.datasets.importing.labelling import SetLabels
from core.errors import InputError
from core.labels.annotation import ObjectProblem
from core.labels.label_words import LabelWords
from core.predict.listing.photos import ListedPhoto
from models import Split

SAMPLES = Path(__file__).parent / "samples"
PHOTOS = tuple(
    folder + name
    for folder in ("", "train/", "train/images/", "images/", "images/train/", "obj_train_data/")
    for name in ("a.jpg", "b.jpg", "c.jpg")
)
#: Codes that a photo may have: each says what is wrong. `unexpected_error` is not among them.
FORESEEN = {
    None,
    "label_unknown",
    "bad_annotation",
    "annotation_ambiguous",
    "annotation_incomplete",
    "label_ignored",
}


def opened(
    files: Mapping[str, bytes | str], chosen: SetFormat | None = None, photos: tuple[str, ...] = PHOTOS
) -> LabelledSet:
    data = {path: text.encode() if isinstance(text, str) else text for path, text in files.items()}
    openers = {path.encode(): partial(BytesIO, each) for path, each in data.items()}
    return open_set(SetFiles(openers=openers, photos=lambda: (each.encode() for each in photos)), chosen)


def problems_of(found: LabelledSet) -> dict[Problem, int]:
    return dict(found.problems.counts)


def files_of(sample: str) -> dict[str, bytes]:
    root = SAMPLES / sample
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if is_set_file(path.name.encode())
    }


def damaged(data: bytes, chance: random.Random) -> bytes:
    """The file cut off, with changed bytes, with a part repeated, or with another file's bytes in it."""
    at = chance.randrange(len(data) + 1)
    match chance.randrange(5):
        case 0:
            return data[:at]
        case 1:
            return data[:at] + bytes(chance.randrange(256) for _ in range(4)) + data[at + 4 :]
        case 2:
            return data[:at] + data[at // 2 :]
        case 3:
            hostile = (
                b"null",
                b"[[[",
                b'{"a":',
                b"\0\0",
                b"-1e999",
                b"9" * 400,
                b"<!ENTITY a 'b'>",
                b'"',
                b"\xff\xfe",
                b"\n",
            )
            return data[:at] + chance.choice(hostile) + data[at:]
        case _:
            return data.replace(
                *chance.choice(
                    (
                        (b"1", b"true"),
                        (b"[", b"{"),
                        (b":", b":null,"),
                        (b"a.jpg", b"../../a.jpg"),
                        (b"20", b"NaN"),
                    )
                )
            )


@pytest.mark.parametrize(
    "sample", sorted(path.name for path in SAMPLES.iterdir() if path.is_dir() and path.name != "webdataset")
)
def test_no_damage_stops_an_import(sample: str) -> None:
    chance, whole = random.Random(sample), files_of(sample)
    format_ = opened(whole).recognition.format
    for _ in range(25):
        files = dict(whole)
        target = chance.choice(sorted(files))
        files[target] = damaged(files[target], chance)
        for chosen in (None, format_):
            labels = SetLabels(opened(files, chosen), LabelWords(), root_name="", keep_splits=True)
            listed = [labels.label(ListedPhoto(locator=photo.encode())) for photo in PHOTOS]
            assert {each.error_code for each in listed} <= FORESEEN, files[target][:3000]


COCO = {
    "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
    "categories": [{"id": 1, "name": "mask"}],
    "annotations": [{"image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 40]}],
}


def test_an_annotation_of_no_known_image_makes_every_photo_of_its_file_doubtful() -> None:
    lost = COCO["annotations"] + [{"image_id": 7, "category_id": 1, "bbox": [1, 2, 3, 4]}]
    found = opened({"l.json": json.dumps(COCO | {"annotations": lost})})
    labels = SetLabels(found, LabelWords(), root_name="")
    assert labels.truth_of(b"a.jpg").is_incomplete
    assert not labels.truth_of(b"a.jpg").teaches_negatives
    with pytest.raises(InputError, match="may have lost the photo's boxes") as caught:
        labels.truth_of(b"b.jpg")
    assert caught.value.code == "annotation_incomplete"
    assert problems_of(found) == {Problem.RECORD_BAD: 1}
    # In a whole file, a photo without a box has no face.
    whole = SetLabels(opened({"l.json": json.dumps(COCO)}), LabelWords(), root_name="")
    assert whole.truth_of(b"b.jpg").boxes == ()


def test_shapes_without_a_box_are_objects_left_out_and_others_become_boxes() -> None:
    shapes = [
        {"image_id": 1, "category_id": 1, "bbox": [], "segmentation": [[1, 2, 30, 2, 30, 40]]},
        {"image_id": 1, "category_id": 1, "iscrowd": 1, "segmentation": {"counts": "x", "size": [1, 1]}},
        {"image_id": 1, "category_id": 9, "bbox": [1, 2, "x", 4]},
    ]
    found = opened({"l.json": json.dumps(COCO | {"annotations": shapes})})
    record = found.find(b"a.jpg")
    assert record is not None and record.annotation is not None
    polygon, crowd, bad = record.annotation.objects
    assert polygon.box is not None and (polygon.box.x2, polygon.box.y2) == (30, 40)
    assert crowd.problem is bad.problem is ObjectProblem.BOX_MISSING
    assert bad.word == "9"
    assert problems_of(found) == {Problem.SHAPE_REDUCED: 1, Problem.SHAPE_UNKNOWN: 1}


def task(image: str, *results: object, **more: object) -> dict[str, object]:
    return {"id": 1, "data": {"image": image}, "annotations": [{"result": list(results)}], **more}


def shape(**value: object) -> dict[str, object]:
    return {"original_width": 200, "original_height": 100, "type": "x", "value": value}


def test_label_studio_names_answers_and_shapes() -> None:
    turned = shape(x=50, y=50, width=10, height=10, rotation=90, rectanglelabels=["mask", "hat"])
    tasks = [
        task("/data/upload/1/0a1b2c3d-a.jpg", turned),
        task("https://host/x/b.jpg?v=1", {"type": "choices", "value": {"choices": ["with_mask"]}}),
        {
            "id": 3,
            "data": {"image": "c.jpg"},
            "annotations": [{"was_cancelled": True, "result": []}],
            "predictions": [{}],
        },
        task("none"),
    ]
    found = opened({"p.json": json.dumps(tasks)}, photos=("a.jpg", "b.jpg", "c.jpg"))
    record = found.find(b"a.jpg")
    assert record is not None and record.annotation is not None
    (box,) = [each.box for each in record.annotation.objects]
    # Turned to the right about its left upper corner at (100, 50): 20 x 10 pixels become 10 x 20.
    assert box is not None and tuple(map(round, vars(box).values())) == (90, 50, 100, 70)
    labelled = found.find(b"b.jpg")
    assert labelled is not None and labelled.label == "with_mask"
    assert found.find(b"c.jpg") is None
    assert problems_of(found) == {
        Problem.BOX_TURNED: 1, Problem.LABELS_SEVERAL: 1, Problem.ANSWER_OTHER: 2, Problem.RECORD_BAD: 1,
    }  # fmt: skip


def test_cvat_tags_turned_boxes_masks_and_videos() -> None:
    images = """
        <image name="a.jpg" width="200" height="100" subset="Validation">
          <box label="mask" xtl="40" ytl="40" xbr="80" ybr="60" rotation="90"/>
          <polygon label="mask" points="1,2;30,2;30,40"/>
          <points label="nose" points="1,2"/><cuboid label="mask"/>
        </image>
        <image name="b.jpg" width="200" height="100"><tag label="no_mask"/></image><image id="9"/>"""
    found = opened({"annotations.xml": f"<annotations><version>1.1</version>{images}</annotations>"})
    record = found.find(b"a.jpg")
    assert record is not None and record.annotation is not None
    turned, polygon, cuboid = record.annotation.objects
    assert turned.box is not None and tuple(map(round, vars(turned.box).values())) == (50, 30, 70, 70)
    assert polygon.box is not None and cuboid.problem is ObjectProblem.BOX_MISSING
    assert record.split is Split.VALIDATION
    tagged = found.find(b"b.jpg")
    assert tagged is not None and (tagged.label, tagged.annotation) == ("no_mask", None)
    assert problems_of(found) == {
        Problem.BOX_TURNED: 1, Problem.SHAPE_REDUCED: 1, Problem.SHAPE_UNKNOWN: 2, Problem.RECORD_BAD: 1,
    }  # fmt: skip
    video = opened({"v.xml": "<annotations><version>1.1</version><track id='0'/></annotations>"})
    assert problems_of(video) == {Problem.FILE_BAD: 1}
    assert "of a video" in video.problems.sentences()[0]


def test_entities_are_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("with_mask")
    text = (
        f'<!DOCTYPE annotations [<!ENTITY x SYSTEM "{secret}">]><annotations><version>1.1</version>'
        '<image name="a.jpg" width="9" height="9"><tag label="&x;"/></image></annotations>'
    )
    found = opened({"annotations.xml": text}, SetFormat.CVAT)
    assert found.find(b"a.jpg") is None
    assert sum(problems_of(found).values()) == 1


def test_yolo_without_names_with_polygons_and_with_other_text_files() -> None:
    files = {
        "labels/a.txt": "0 0.5 0.5 0.2 0.2\n7 0.5 0.5 0.2 0.2 0.9\n1 0.1 0.1 0.3 0.1 0.3 0.4\n"
        "0 0.5 x 0.2 0.2\n",
        "labels/b.txt": "a note about the photo\n",
        "data.yaml": "names: {0: mask, 1: no_mask}\nkpt: [1",
        "classes.txt": "mask\nno_mask\n",
        "README.txt": "0 0 0 0 0",
    }
    found = opened(files, photos=("images/a.jpg", "images/b.jpg"))
    record = found.find(b"images/a.jpg")
    assert record is not None and record.annotation is not None
    assert [each.word for each in record.annotation.objects] == ["mask", "7", "no_mask", "mask"]
    assert [each.problem for each in record.annotation.objects] == [
        None,
        None,
        None,
        ObjectProblem.BOX_MISSING,
    ]
    assert record.annotation.objects[1].score == 0.9
    with pytest.raises(InputError, match="no YOLO labels"):
        found.find(b"images/b.jpg")
    assert problems_of(found) == {Problem.FILE_BAD: 1, Problem.SHAPE_REDUCED: 1}


@pytest.mark.parametrize(
    ("text", "corners"),
    [
        ("image;label;x1;y1;x2;y2\r\na.jpg;mask;1;2;30;40", (1, 2, 30, 40)),
        ("name,x1,x2,y1,y2,classname\na.jpg,1,30,2,40,mask", (1, 2, 30, 40)),
        ("Image Path\tClass\tx\ty\twidth\theight\nC:\\set\\a.jpg\tmask\t1\t2\t29\t38", (1, 2, 30, 40)),
        ("image_id,width,height,bbox,source\na,300,200,\"[1, 2, 29, 38]\",x", (1, 2, 30, 40)),
        ("a.jpg,1,2,30,40,mask", (1, 2, 30, 40)),
        ("mask,1,2,29,38,a.jpg,300,200", (1, 2, 30, 40)),
    ],
)  # fmt: skip
def test_the_columns_of_csv_files_in_use(text: str, corners: tuple[int, ...]) -> None:
    found = opened({"labels.csv": text}, photos=("a.jpg",))
    assert found.recognition.format is SetFormat.CSV
    record = found.find(b"a.jpg")
    assert record is not None and record.annotation is not None
    (box,) = [each.box for each in record.annotation.objects]
    assert box is not None and tuple(vars(box).values()) == corners


def test_a_csv_file_with_labels_splits_and_bad_rows() -> None:
    rows = ("a.jpg,with_mask,train", "b.jpg,with_mask,val", "b.jpg,no_mask,val", ",with_mask,test")
    text = "\n".join(("filename,label,split", *rows))
    found = opened({"labels.csv": text}, photos=("a.jpg", "b.jpg"))
    record = found.find(b"a.jpg")
    assert record is not None and (record.label, record.split, record.annotation) == (
        "with_mask",
        Split.TRAIN,
        None,
    )
    with pytest.raises(InputError, match="several labels, such as 'no_mask' and 'with_mask'"):
        found.find(b"b.jpg")
    assert problems_of(found) == {Problem.RECORD_BAD: 1}


def test_wider_face_with_invalid_faces_and_a_missing_line() -> None:
    text = (
        "0--Parade/a.jpg\n2\n1 2 30 40 0 0 0 0 0 0\n5 5 20 20 0 0 0 1 0 0\n"
        "0--Parade/b.jpg\n0\n0 0 0 0 0 0 0 0 0 0\n0--Parade/c.jpg\n2\n1 2 3 4\n"
    )
    found = opened({"wider_face_train_bbx_gt.txt": text}, photos=("x/0--Parade/a.jpg",))
    words = {}
    for name in ("a", "b", "c"):
        record = found.find(f"x/0--Parade/{name}.jpg".encode())
        assert record is not None and record.annotation is not None
        words[name] = [each.word for each in record.annotation.objects]
    assert words == {"a": ["unlabelled", "invalid_face"], "b": [], "c": ["unlabelled"]}
    assert problems_of(found) == {Problem.FILE_CUT: 1}


def test_names_in_two_files_of_two_splits_are_two_photos() -> None:
    files = {
        name: f"filename,label\n1.jpg,{label}\n"
        for name, label in (("train.csv", "mask"), ("test.csv", "no_mask"))
    }
    found = opened(files, photos=("train/1.jpg", "test/1.jpg"))
    labels = {}
    for folder in ("train", "test"):
        record = found.find(f"{folder}/1.jpg".encode())
        assert record is not None
        labels[folder] = record.label
    assert labels == {"train": "mask", "test": "no_mask"}


def test_a_photo_of_two_files_is_not_guessed() -> None:
    found = opened({"a.json": json.dumps(COCO), "b.json": json.dumps(COCO)})
    with pytest.raises(InputError, match=r"2 files describe this photo, such as a.json and b.json"):
        found.find(b"a.jpg")


def test_a_large_file_is_read_as_a_stream() -> None:
    """Elements across the borders of its parts, numbers at their ends, and another encoding."""
    count = 20_000
    images = [{"id": n, "file_name": f"{n}.jpg"} for n in range(count)]
    rows = [{"image_id": n, "category_id": 1, "bbox": [1, 2, n + 1, 40]} for n in range(count)]
    text = json.dumps({"images": images, "categories": [{"id": 1, "name": "mäsk"}], "annotations": rows})
    for encoding in ("utf-8-sig", "utf-16"):
        found = opened({"l.json": text.encode(encoding)}, photos=())
        record = found.find(b"%d.jpg" % (count - 1))
        assert record is not None and record.annotation is not None
        (only,) = record.annotation.objects
        assert only.box is not None and (only.word, only.box.x2) == ("mäsk", count + 1)
        assert len(found.index.unused) == count - 1
