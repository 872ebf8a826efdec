"""What we export comes back: Pascal VOC by our own import, COCO by pycocotools."""

import shutil
import uuid
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from pycocotools.coco import COCO
from sqlalchemy import select

from core.boxes.change import BoxChange
from core.boxes.queries import read_counting_faces
from core.boxes.store import apply_change
from core.database import Database
from core.exports.job_kind import request_export
from core.exports.options import ExportedLabels, ExportFormat, ExportOptions
from core.exports.store import export_path
from core.library.files.store import photo_store
from core.library.uploads import open_upload, store_file
from core.settings import Settings
from models import JobPhoto, Photo
from tests.imported_set import run_import
from tests.rows import add_version
from tests.stored_upload import add_file
from tests.unit.web.finished_job import add_finished_job
from workers.engine import run_batches
from workers.handlers import HANDLERS

#: Boxes with their labels, by the hash of the photo.
Boxes = dict[str, list[tuple[tuple[float, ...], str | None]]]


@pytest.fixture
def boxed(db: Database, tmp_path: Path) -> Database:
    """Five boxed photos: each label once, a face without one, a drawn box, and a photo without a face."""
    add_finished_job(db, tmp_path / "photos", photos=5)
    edits = [
        (1, "label", "1", {"label": "with_mask"}),
        (2, "label", "2", {"label": "without_mask"}),
        (3, "label", "3", {"label": "incorrect"}),
        (1, "draw", "", {"box": [0, 10, 40, 60]}),
        *((photo_id, "boxed", "", {}) for photo_id in range(1, 6)),
    ]
    with db.write() as rows:
        for photo_id, kind, face, details in edits:
            sent = {"key": str(uuid.uuid4()), "kind": kind, "face": face, **details}
            apply_change(rows, photo_id, BoxChange.from_json(sent), account_id=None)
    return db


@pytest.fixture
def other(tmp_path: Path, sqlite_tables: Path) -> Iterator[Database]:
    """An empty service, to which the exported files are brought."""
    shutil.copyfile(sqlite_tables, tmp_path / "other.sqlite")
    database = Database(f"sqlite:///{tmp_path / 'other.sqlite'}")
    add_version(database)
    yield database
    database.dispose()


def boxes_of(db: Database) -> Boxes:
    """All boxes that count, with their labels."""
    with db.read() as rows:
        hashes = dict(rows.execute(select(Photo.id, Photo.sha256)).all())
        faces = read_counting_faces(rows, list(hashes))
    return {
        hashes[photo_id]: sorted(((each.x1, each.y1, each.x2, each.y2), each.label) for each in found)
        for photo_id, found in faces.items()
    }


def exported(db: Database, settings: Settings, fmt: ExportFormat, folder: Path) -> bytes:
    own = settings.with_changes(allowed_roots=str(folder.parent))
    with db.write() as rows:
        options = ExportOptions(format=fmt, boxed_only=True, labels=ExportedLabels.DECIDED)
        job_id = request_export(rows, options, title="", account_id=None).id
    run_batches(db, own, HANDLERS, job_id=job_id)
    return export_path(own, job_id).read_bytes()


@pytest.mark.parametrize("packed", [False, True], ids=["a folder", "an uploaded zip"])
def test_voc_by_our_import(
    boxed: Database,
    other: Database,
    settings: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    packed: bool,
) -> None:
    data = exported(boxed, settings, ExportFormat.VOC, tmp_path / "photos")
    own = settings.with_changes(database_url=str(other.engine.url), data=tmp_path / "other")
    if packed:
        stored = store_file(BytesIO(data), b"boxes-voc.zip", photo_store(own), own)
        with other.write() as rows:
            upload = open_upload(rows, None)
            add_file(rows, upload, raw_name=b"boxes-voc.zip", stored=stored, settings=own)
            upload_id = upload.id
        run_import(other, own, None, monkeypatch, faces=(), upload_id=upload_id)
    else:
        zipfile.ZipFile(BytesIO(data)).extractall(tmp_path / "set")
        run_import(other, own, tmp_path / "set", monkeypatch, faces=())
    assert boxes_of(other) == boxes_of(boxed)
    labels = sorted(str(label) for found in boxes_of(other).values() for _, label in found)
    assert labels == ["None", "None", "incorrect", "with_mask", "without_mask"]
    with other.read() as rows:
        assert set(rows.scalars(select(JobPhoto.error_code))) == {None}


def test_coco_by_its_own_reader(
    boxed: Database, settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = zipfile.ZipFile(BytesIO(exported(boxed, settings, ExportFormat.COCO, tmp_path / "photos")))
    archive.extractall(tmp_path / "set")
    coco = COCO(str(tmp_path / "set" / "annotations" / "instances_train.json"))
    names = {each["id"]: each["name"] for each in coco.loadCats(coco.getCatIds())}
    read: Boxes = defaultdict(list)
    for image in coco.loadImgs(coco.getImgIds()):
        sha256 = image["file_name"].partition(".")[0]
        read[sha256] = []
        assert (tmp_path / "set" / "images" / "train" / image["file_name"]).is_file()
        for each in coco.loadAnns(coco.getAnnIds(imgIds=image["id"])):
            x, y, width, height = each["bbox"]
            name = names[each["category_id"]]
            read[sha256].append(((x, y, x + width, y + height), None if name == "unlabelled" else name))
    assert {sha256: sorted(found) for sha256, found in read.items()} == boxes_of(boxed)
