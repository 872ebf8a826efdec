"""Sets of other formats are imported from a folder and from a zip, with boxes in pixels of their photos."""

import gzip
import json
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import select

from core.accounts import ensure_owner
from core.database import Database
from core.datasets.importing.queries import read_summary
from core.library.files.store import photo_store
from core.library.uploads import open_upload
from core.settings import Settings
from models import DRAWN, Decision, Face, Job, JobEvent, JobPhoto, Label, Photo, Source, Split
from tests.imported_set import FACE, add_photo, found, run_import
from tests.rows import add_version
from tests.stored_upload import add_file

SAMPLES = Path(__file__).parents[1] / "datasets" / "importing" / "formats" / "samples"
#: The detector of the tests finds the first face of `a`; the second is drawn as the set has it.
SECOND = (120.0, 30.0, 180.0, 100.0)


@pytest.fixture
def folder(db: Database, tmp_path: Path) -> Path:
    add_version(db)
    return tmp_path / "set"


def decided(db: Database) -> list[tuple[Label | None, tuple[float, ...], bool]]:
    """The label of each decision, the corners of its face, and whether its box is drawn."""
    with db.read() as session:
        rows = session.execute(select(Decision.label, Face).join(Face, Face.id == Decision.face_id)).all()
    return sorted(
        (label, (face.x1, face.y1, face.x2, face.y2), face.detector_key == DRAWN) for label, face in rows
    )


def events(db: Database, job_id: int) -> dict[str, list[str]]:
    said: dict[str, list[str]] = {}
    with db.read() as session:
        for event in session.scalars(select(JobEvent).where(JobEvent.job_id == job_id).order_by(JobEvent.id)):
            said.setdefault(event.event, []).append(event.message)
    return said


@pytest.mark.parametrize(
    ("sample", "photo"),
    [
        ("coco_supervision", "train/a.jpg"),
        ("yolo_supervision", "train/images/a.jpg"),
        ("yolo_darknet_datumaro", "obj_train_data/a.jpg"),
        ("cvat_datumaro", "images/a.jpg"),
        ("label_studio", "images/a.jpg"),
        ("createml", "a.jpg"),
        ("image_folder", "train/a.jpg"),
        ("open_images_datumaro", "images/a.jpg"),
    ],
)
def test_a_folder_of_any_format(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, sample: str, photo: str
) -> None:
    shutil.copytree(SAMPLES / sample, folder)
    add_photo(folder / photo)
    job_id = run_import(db, settings, folder, monkeypatch, faces=[found(FACE)])
    labels = decided(db)
    assert [(label, drawn) for label, _, drawn in labels] == [
        (Label.WITH_MASK, False), (Label.WITHOUT_MASK, True),
    ]  # fmt: skip
    assert labels[1][1] == pytest.approx(SECOND, abs=0.01)
    assert events(db, job_id)["set_recognised"][0].startswith("Read as ")
    with db.read() as session:
        assert {each.word for each in read_summary(session, job_id).words} == {"with_mask", "without_mask"}


def test_splits_and_licences_of_a_set_are_kept(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SAMPLES / "coco_supervision", folder)
    for name in ("train/a.jpg", "valid/b.jpg", "train/c.jpg"):
        add_photo(folder / name)
    run_import(db, settings, folder, monkeypatch, keep_splits=True)
    with db.read() as session:
        rows = session.execute(
            select(JobPhoto.name, Photo.brought_split, Source.licence)
            .join(Photo, Photo.id == JobPhoto.photo_id)
            .join(Source, Source.photo_id == Photo.id)
        ).all()
    assert {name: (split, licence) for name, split, licence in rows} == {
        "train/a.jpg": (Split.TRAIN, "CC BY 4.0"),
        "train/c.jpg": (Split.TRAIN, "CC BY 4.0"),
        "valid/b.jpg": (Split.VALIDATION, "CC BY 4.0"),
    }


def test_a_zip_and_a_damaged_file(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a cut file says counts; a photo whose boxes may be lost is not one without faces."""
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        add_photo(folder / name)
    images = [
        {"id": n, "file_name": name, "width": 300, "height": 200} for n, name in enumerate(("a.jpg", "b.jpg"))
    ]
    whole = json.dumps(
        {
            "categories": [{"id": 1, "name": "mask"}],
            "images": images,
            "annotations": [
                {"image_id": n, "category_id": 1, "bbox": [20, 20, 60, 70]} for n in range(len(images))
            ],
        }
    )
    archive = folder / "set.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        for name in ("a.jpg", "b.jpg", "c.jpg"):
            packed.write(folder / name, name)
        packed.writestr("labels.json", whole[: whole.rindex('{"image_id": 1')])
    with db.write() as session:
        upload = open_upload(session, ensure_owner(session).id)
        with archive.open("rb") as stream:
            stored = photo_store(settings).put(stream, max_bytes=10**7)
        add_file(session, upload, raw_name=b"set.zip", stored=stored, settings=settings)
        upload_id = upload.id
    job_id = run_import(db, settings, None, monkeypatch, upload_id=upload_id, all_faces_boxed=True)
    assert [label for label, *_ in decided(db)] == [Label.WITH_MASK]
    with db.read() as session:
        codes = dict(session.execute(select(JobPhoto.name, JobPhoto.error_code)).all())
    assert codes == {
        "set.zip/a.jpg": None, "set.zip/b.jpg": "annotation_incomplete", "set.zip/c.jpg": "label_unknown",
    }  # fmt: skip
    (said,) = events(db, job_id)["set_problems"]
    begins = "Annotation files that are cut off or damaged after their beginning: 1, such as set.zip/labels"
    assert said.startswith(begins)


@pytest.mark.parametrize("is_packed", [False, True])
def test_a_shard_of_webdataset(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, is_packed: bool
) -> None:
    data = (SAMPLES / "webdataset" / "train-000000.tar").read_bytes()
    name = b"train-000000.tar.gz" if is_packed else b"train-000000.tar"
    with db.write() as session:
        upload = open_upload(session, ensure_owner(session).id)
        stream = BytesIO(gzip.compress(data) if is_packed else data)
        stored = photo_store(settings).put(stream, max_bytes=10**7)
        add_file(session, upload, raw_name=name, stored=stored, settings=settings)
        upload_id = upload.id
    job_id = run_import(db, settings, None, monkeypatch, upload_id=upload_id, faces=[found(FACE)])
    assert events(db, job_id)["set_recognised"][0].startswith("Read as WebDataset")
    assert [label for label, *_ in decided(db)] == [Label.INCORRECT, Label.WITH_MASK, Label.WITHOUT_MASK]
    with db.read() as session:
        assert set(session.scalars(select(JobPhoto.error_code))) == {None}


def test_an_input_without_photos_counts_and_names_the_files_that_it_has(
    db: Database, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir()
    for name in ("notes.txt", "list.txt", "b.txt", "a.txt", "word.doc"):
        (folder / name).write_text("no photo")
    job_id = run_import(db, settings.with_changes(allowed_roots=str(folder)), folder, monkeypatch)
    with db.read() as session:
        job = session.get_one(Job, job_id)
    assert job.error_code == "no_photos"
    assert "It has 4 files that describe photos, by the name: a.txt, b.txt, list.txt ..." in job.error_message
    assert "1 file skipped: not a photo" in job.error_message
