"""What each format says of photos and faces, read back by its own program's rules."""

import csv
import json
import tarfile
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import replace
from io import BytesIO, StringIO
from pathlib import Path

import pytest
import yaml
from pyarrow import parquet
from pycocotools.coco import COCO

from core.exports.archive import ExportArchive
from core.exports.formats import web_dataset
from core.exports.formats.base import PhotoFormat, between_lines
from core.exports.formats.registry import FORMATS
from core.exports.options import ExportFormat
from core.exports.record import CLASSES, ExportedFace, ExportedPhoto
from core.library.credits import Credit
from models import Label, SourceKind

FACE = ExportedFace(
    face_id=11, x1=20, y1=30, x2=60, y2=90, label=Label.WITH_MASK, decided=True, confidence=None, score=1.0
)
GUESSED = replace(
    FACE, face_id=12, x1=100, x2=140, label=Label.INCORRECT, decided=False, confidence=0.8, score=0.7
)
BARE = replace(FACE, face_id=13, x1=150.4, x2=199.6, label=None, decided=False, score=0.5)
CREDIT = Credit(
    kind=SourceKind.CRAWL, place="https://example.org/a.jpg", page_url="https://example.org/a",
    licence="CC BY 4.0",
    licence_url="https://creativecommons.org/licenses/by/4.0/", title="A & B", creator="Ä. Nonymous",
)  # fmt: skip
PHOTO = ExportedPhoto(
    photo_id=1, sha256="a" * 64, file_name="a.jpg", width=200, height=100, split="train", all_boxed=True,
    credit=CREDIT, faces=(FACE, GUESSED, BARE),
)  # fmt: skip
EMPTY = replace(PHOTO, photo_id=2, file_name="b.jpg", sha256="b" * 64, credit=None, faces=())
OTHER = replace(EMPTY, photo_id=3, file_name="c.jpg", split="test", faces=(replace(FACE, face_id=14),))


@pytest.fixture
def write(tmp_path: Path):
    """Writes the photos in a format; the open zip."""

    def write(fmt: ExportFormat, *photos: ExportedPhoto) -> zipfile.ZipFile:
        with ExportArchive(tmp_path / "work", {}) as archive:
            writer = FORMATS[fmt](archive)
            for photo in photos or (PHOTO, EMPTY, OTHER):
                if isinstance(writer, PhotoFormat):
                    writer.add_picture(writer.picture_path(photo), b"picture", photo)
                writer.add(photo)
            writer.finish()
            archive.finish(tmp_path / "out.zip")
        return zipfile.ZipFile(tmp_path / "out.zip")

    return write


#: Formats whose pictures stand in other files than their own, and that of crops.
_NESTED = (ExportFormat.WEB_DATASET, ExportFormat.TF_RECORD, ExportFormat.CLASS_FOLDERS)


@pytest.mark.parametrize("fmt", [fmt for fmt in ExportFormat if fmt not in _NESTED])
def test_every_name_stands_once(write, fmt: ExportFormat) -> None:
    names = write(fmt).namelist()
    assert len(names) == len(set(names))
    assert [name.rpartition("/")[2] for name in names if name.endswith(".jpg")] == ["a.jpg", "b.jpg", "c.jpg"]


def test_coco(write, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = write(ExportFormat.COCO)
    archive.extractall(tmp_path / "set")
    train = COCO(tmp_path / "set/annotations/instances_train.json")
    capsys.readouterr()
    image, empty = train.loadImgs([1, 2])
    assert (image["file_name"], image["width"], image["height"]) == ("a.jpg", 200, 100)
    assert image["creator"] == "Ä. Nonymous" and "license" not in empty
    licence = {each["id"]: each for each in train.dataset["licenses"]}[image["license"]]
    assert licence["name"] == "CC BY 4.0"
    boxes = train.loadAnns(train.getAnnIds(imgIds=[1]))
    assert boxes[0]["bbox"] == [20, 30, 40, 60]
    names = {each["id"]: each["name"] for each in train.dataset["categories"]}
    assert [names[box["category_id"]] for box in boxes] == ["with_mask", "incorrect", "unlabelled"]
    assert [box["decided"] for box in boxes] == [True, False, False]
    assert json.loads(archive.read("annotations/instances_test.json"))["images"][0]["id"] == 3


def test_voc(write) -> None:
    archive = write(ExportFormat.VOC)
    root = ElementTree.fromstring(archive.read("Annotations/a.xml"))
    assert [each.findtext("name") for each in root.findall("object")] == [
        "with_mask",
        "incorrect",
        "unlabelled",
    ]
    box = root.find("object/bndbox")
    assert [box.findtext(name) for name in ("xmin", "ymin", "xmax", "ymax")] == ["20", "30", "60", "90"]
    assert root.findtext("owner/name") == "Ä. Nonymous"
    assert archive.read("labelmap.txt").decode().splitlines()[1:] == [f"{name}:::" for name in CLASSES]
    assert archive.read("ImageSets/Main/train.txt") == b"a\nb\n"
    assert archive.read("ImageSets/Main/test.txt") == b"c\n"


def test_names_that_are_invalid_in_xml_are_escaped(write) -> None:
    odd = replace(PHOTO, credit=replace(CREDIT, place="a\x01\udcff<&.jpg"))
    root = ElementTree.fromstring(write(ExportFormat.VOC, odd).read("Annotations/a.xml"))
    assert root.findtext("path") == "a\\x01\\xdcff<&.jpg"


def test_yolo(write) -> None:
    archive = write(ExportFormat.YOLO)
    described = yaml.safe_load(archive.read("data.yaml"))
    assert described["names"] == dict(enumerate(CLASSES))
    assert (described["train"], described["val"], described["test"]) == (
        "images/train", "images/train", "images/test",
    )  # fmt: skip
    lines = archive.read("labels/train/a.txt").decode().splitlines()
    assert lines[0] == "0 0.200000 0.600000 0.200000 0.600000"
    assert [line.split()[0] for line in lines] == ["0", "2", "3"]
    assert archive.read("labels/train/b.txt") == b""
    assert "images/test/c.jpg" in archive.namelist()


def test_darknet(write) -> None:
    archive = write(ExportFormat.DARKNET)
    assert archive.read("train.txt") == b"data/obj_train_data/a.jpg\ndata/obj_train_data/b.jpg\n"
    assert b"valid" not in archive.read("obj.data") and b"test = data/test.txt" in archive.read("obj.data")
    assert archive.read("obj.names").decode().split() == list(CLASSES)
    assert len(archive.read("obj_train_data/a.txt").splitlines()) == 3


def test_label_studio(write) -> None:
    tasks = json.loads(write(ExportFormat.LABEL_STUDIO).read("tasks.json"))
    assert len(tasks) == 3
    (decided,) = tasks[0]["annotations"][0]["result"]
    assert decided["value"]["rectanglelabels"] == ["with_mask"]
    assert [decided["value"][name] for name in ("x", "y", "width", "height")] == pytest.approx(
        [10, 30, 20, 60]
    )
    guessed = tasks[0]["predictions"][0]["result"]
    assert [(each["value"]["rectanglelabels"], each.get("score")) for each in guessed] == [
        (["incorrect"], 0.8), (["unlabelled"], None),
    ]  # fmt: skip


def test_cvat(write) -> None:
    root = ElementTree.fromstring(write(ExportFormat.CVAT).read("annotations.xml"))
    assert root.findtext("version") == "1.1"
    assert [each.findtext("name") for each in root.iter("label")] == list(CLASSES)
    # As in the export of a project: readers take subsets of tasks alone.
    assert [each.findtext("subset") for each in root.iter("task")] == ["test", "train"]
    assert root.findtext("meta/project/subsets").split() == ["test", "train"]
    image = root.find("image")
    assert (image.get("name"), image.get("subset"), image.get("width")) == ("train/a.jpg", "train", "200")
    boxes = image.findall("box")
    assert [(box.get("label"), box.get("source")) for box in boxes] == [
        ("with_mask", "manual"), ("incorrect", "auto"), ("unlabelled", "auto"),
    ]  # fmt: skip
    assert [float(boxes[0].get(name)) for name in ("xtl", "ytl", "xbr", "ybr")] == [20, 30, 60, 90]


def test_createml(write) -> None:
    archive = write(ExportFormat.CREATE_ML)
    photos = json.loads(archive.read("train/_annotations.createml.json"))
    assert [photo["image"] for photo in photos] == ["a.jpg", "b.jpg"]
    assert photos[0]["annotations"][0] == {
        "label": "with_mask", "coordinates": {"x": 40, "y": 60, "width": 40, "height": 60},
    }  # fmt: skip


def test_imagefolder(write) -> None:
    archive = write(ExportFormat.IMAGE_FOLDER)
    first, second = parquet.read_table(BytesIO(archive.read("train/metadata.parquet"))).to_pylist()
    assert first["objects"]["bbox"][0] == [20, 30, 40, 60]
    assert first["objects"]["categories"] == ["with_mask", "incorrect", "unlabelled"]
    assert second["objects"]["bbox"] == [] and first.keys() == second.keys()


def test_wider_face(write) -> None:
    text = write(ExportFormat.WIDER_FACE).read("wider_face_split/wider_face_train_bbx_gt.txt").decode()
    lines = text.splitlines()
    assert lines[:3] == ["0--Faces/a.jpg", "3", "20 30 40 60 0 0 0 0 0 0"]
    assert lines[5:] == ["0--Faces/b.jpg", "0", "0 0 0 0 0 0 0 0 0 0"]


def test_csv(write) -> None:
    rows = list(csv.DictReader(StringIO(write(ExportFormat.CSV).read("faces.csv").decode())))
    assert [row["label"] for row in rows] == ["with_mask", "incorrect", "unlabelled", "", "with_mask"]
    assert rows[0]["x1"] == "20" and rows[0]["licence"] == "CC BY 4.0" and rows[1]["confidence"] == "0.8"
    assert rows[3]["file"] == "images/b.jpg" and rows[3]["x1"] == ""


def test_parquet(write) -> None:
    rows = parquet.read_table(BytesIO(write(ExportFormat.PARQUET).read("faces.parquet"))).to_pylist()
    assert [row["label"] for row in rows] == ["with_mask", "incorrect", "unlabelled", None, "with_mask"]
    assert (rows[0]["x1"], rows[0]["decided"], rows[1]["decided"]) == (20.0, True, False)
    assert (rows[3]["face_id"], rows[3]["photo_id"], rows[3]["licence"]) == (None, 2, None)
    assert rows[0]["attribution"].startswith("“A & B” by Ä. Nonymous")


def test_web_dataset(write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web_dataset, "SHARD_BYTES", 3_000)
    archive = write(ExportFormat.WEB_DATASET, PHOTO, EMPTY, replace(EMPTY, file_name="d.jpg"), OTHER)
    shards = {name: members(archive.read(name)) for name in archive.namelist()}
    assert {name: list(shard) for name, shard in shards.items()} == {
        "test-000000.tar": ["c.jpg", "c.json"],
        "train-000000.tar": ["a.jpg", "a.json", "b.jpg", "b.json"],
        "train-000001.tar": ["d.jpg", "d.json"],
    }
    first = shards["train-000000.tar"]
    assert first["a.jpg"] == b"picture"
    faces = json.loads(first["a.json"])["objects"]
    assert (faces[0]["bbox"], faces[1]["confidence"]) == ([20, 30, 40, 60], 0.8)
    assert faces[2]["category"] == "unlabelled"


def members(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=BytesIO(data)) as tar:
        return {member.name: tar.extractfile(member).read() for member in tar}


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_lines_are_joined_wherever_the_pieces_end(size: int) -> None:
    text = b"ab\nc\n\ndef\n"
    pieces = (text[start : start + size] for start in range(0, len(text), size))
    assert b"".join(between_lines(pieces, b",\n")) == b"ab,\nc,\n,\ndef"
