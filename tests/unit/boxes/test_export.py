"""Exports of boxed photos can be read by other tools."""

import csv
import io
import json
import uuid
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from core.boxes import export
from core.boxes.change import BoxChange
from core.boxes.export import ExportFormat, export_boxed
from core.boxes.formats import ExportedPhoto, voc_xml
from core.boxes.store import apply_change
from core.database import Database
from core.errors import InputError
from core.library.credits import Credit
from core.release.voc import read_annotations
from models import Label, Photo
from tests.provenance_rows import WebPhoto, add_source
from tests.unit.web.finished_job import add_finished_job

_CREDIT = Credit(
    place="https://pictures.example/1.jpg",
    page_url="https://page.example/1",
    licence="CC BY 2.0",
    licence_url="https://cc.example/by",
    title="Gate",
    creator="Ada",
)


@pytest.fixture
def boxed(db: Database, tmp_path: Path) -> Database:
    """Three of five photos are marked; one has a labelled face, a drawn one, and a proposal."""
    add_finished_job(db, tmp_path / "photos", photos=5)
    edits = [
        (1, "label", "1", {"label": "with_mask"}),
        (1, "draw", "", {"box": [0, 10.25, 40, 60]}),
        (2, "label", "2", {"label": "not_a_face"}),
        *((photo_id, "boxed", "", {}) for photo_id in (1, 2, 5)),
    ]
    with db.write() as rows:
        for photo_id, kind, face, details in edits:
            sent = {"key": str(uuid.uuid4()), "kind": kind, "face": face, **details}
            apply_change(rows, photo_id, BoxChange.from_json(sent), account_id=None)
    return db


def _export(db: Database, fmt: ExportFormat, read_photo=None) -> zipfile.ZipFile:
    data = b"".join(export_boxed(db.read, fmt, read_photo=read_photo))
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None
    return archive


@pytest.mark.parametrize("slice_", [200, 1])
def test_coco(boxed: Database, monkeypatch: pytest.MonkeyPatch, slice_: int) -> None:
    monkeypatch.setattr(export, "SLICE", slice_)
    data = json.loads(_export(boxed, ExportFormat.COCO).read("annotations.json"))
    names = {entry["id"]: entry["name"] for entry in data["categories"]}
    assert [image["id"] for image in data["images"]] == [1, 2, 5]
    assert all((image["width"], image["height"]) == (600, 400) for image in data["images"])
    assert [
        (entry["image_id"], names[entry["category_id"]], entry["bbox"], entry["area"])
        for entry in data["annotations"]
    ] == [
        (1, "with_mask", [200, 100, 120, 150], 18000),
        (1, "unlabelled", [0, 10.25, 40, 49.75], 1990),
    ]


def test_voc_with_photos_can_be_read_back(boxed: Database, tmp_path: Path) -> None:
    def read_photo(photo: Photo) -> bytes:
        if photo.id == 5:
            raise InputError("file_gone", "gone")
        return b"pixels of %d" % photo.id

    archive = _export(boxed, ExportFormat.VOC, read_photo)
    archive.extractall(tmp_path / "out")
    with boxed.read() as rows:
        hashes = {photo_id: rows.get_one(Photo, photo_id).sha256 for photo_id in (1, 2, 5)}
    assert archive.read(f"JPEGImages/{hashes[2]}.jpg") == b"pixels of 2"
    assert archive.read("missing.txt").decode().split("\t")[:2] == [f"{hashes[5]}.jpg", "file_gone"]
    root = ElementTree.fromstring(archive.read(f"Annotations/{hashes[1]}.xml"))
    assert [entry.findtext("name") for entry in root.iter("object")] == ["with_mask", "unlabelled"]
    assert [side.text for side in root.findall("object/bndbox")[1]] == ["0", "10", "40", "60"]
    for photo_id in (1, 5):
        (tmp_path / "out" / "Annotations" / f"{hashes[photo_id]}.xml").unlink()
    (read,) = read_annotations(tmp_path / "out" / "JPEGImages", tmp_path / "out" / "Annotations")
    assert (len(read.boxes), read.labels) == (0, ())


def test_a_labelled_face_survives_a_round_trip(boxed: Database, tmp_path: Path) -> None:
    with boxed.write() as rows:
        sent = {"key": str(uuid.uuid4()), "kind": "label", "face": "5", "label": "incorrect"}
        apply_change(rows, 1, BoxChange.from_json(sent), account_id=None)
    (one, *_) = export.boxed_photos(boxed.read)
    (tmp_path / "a.xml").write_bytes(voc_xml(one))
    (tmp_path / "a.jpg").touch()
    (read,) = read_annotations(tmp_path, tmp_path)
    assert read.labels == (Label.WITH_MASK, Label.INCORRECT)
    assert read.boxes.tolist() == [[200, 100, 320, 250], [0, 10, 40, 60]]


def test_names_invalid_in_xml_are_escaped(boxed: Database) -> None:
    (one, *_) = export.boxed_photos(boxed.read)
    odd = ExportedPhoto(photo=one.photo, credit=replace(_CREDIT, place="a\x01\udcff<&.jpg"), faces=())
    assert ElementTree.fromstring(voc_xml(odd)).findtext("path") == "a\\x01\\xdcff<&.jpg"


@pytest.fixture
def credited(boxed: Database) -> Database:
    """Photo 2 has a credit from the web."""
    with boxed.write() as rows:
        add_source(
            rows,
            rows.get_one(Photo, 2),
            WebPhoto(number=2, page="https://page.example/2"),
        )
    return boxed


def test_owners_are_named_in_every_format(credited: Database) -> None:
    with credited.read() as rows:
        sha256 = rows.get_one(Photo, 2).sha256
    attribution = "“Picture 2” by Ada, CC BY 2.0, https://page.example/2"
    voc, coco = (_export(credited, fmt) for fmt in (ExportFormat.VOC, ExportFormat.COCO))
    for archive in (voc, coco):
        lines = list(csv.DictReader(io.StringIO(archive.read("attributions.csv").decode())))
        assert [line["photo"] for line in lines][1] == f"{sha256}.jpg"
        assert [line["attribution"] for line in lines] == ["", attribution, ""]
        assert (lines[1]["source"], lines[1]["licence"]) == ("https://pictures.example/2.jpg", "CC BY 2.0")
    root = ElementTree.fromstring(voc.read(f"Annotations/{sha256}.xml"))
    told = [root.findtext(name) for name in ("owner/name", "licence", "attribution", "source/image")]
    assert told == ["Ada", "CC BY 2.0", attribution, "https://page.example/2"]
    data = json.loads(coco.read("annotations.json"))
    assert data["licenses"] == [{"id": 1, "name": "CC BY 2.0", "url": ""}]
    assert [image.get("license") for image in data["images"]] == [None, 1, None]
    assert data["images"][1]["attribution"] == attribution


def test_nothing_boxed_is_an_empty_export(db: Database) -> None:
    assert _export(db, ExportFormat.VOC).namelist() == ["attributions.csv"]
    data = json.loads(_export(db, ExportFormat.COCO).read("annotations.json"))
    assert (data["images"], data["annotations"]) == ([], [])
