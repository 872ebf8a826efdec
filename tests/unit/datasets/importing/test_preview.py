"""A preview says what an import would read, and shows photos with their boxes, before anything is written."""

import json
import os
import shutil
import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from core.datasets.importing.job_kind import ImportOptions
from core.datasets.importing.labelling import open_labels
from core.datasets.importing.preview import Preview, preview_set
from core.library.files.store import PhotoStore
from core.predict.listing.photos import UploadedFile
from tests.imported_set import add_photo, voc
from tests.labelled_set import pack

SAMPLES = Path(__file__).parent / "formats" / "samples"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A YOLO set with splits, a photo of which it says nothing, and labels of a photo that is missing."""
    target = tmp_path / "dataset"
    shutil.copytree(SAMPLES / "yolo_supervision", target)
    for name in ("train/images/a.jpg", "valid/images/b.jpg", "train/images/c.jpg", "train/images/d.jpg"):
        add_photo(target / name)
    (target / "train" / "labels" / "gone.txt").write_text("0 0.5 0.5 0.1 0.1\n")
    return target


def test_what_a_set_holds(folder: Path, tmp_path: Path) -> None:
    options = ImportOptions(folder=str(folder), keep_splits=True, labels={"without_mask": "ignore"})
    before = sorted(tmp_path.rglob("*"))
    found = preview_set(open_labels(options, [], store=PhotoStore(tmp_path / "store"), roots=[tmp_path]))
    assert sorted(tmp_path.rglob("*")) == before
    assert (found.format, found.photos, found.labelled, found.boxes) == ("yolo", 4, 3, 2)
    assert found.sentences == ("Read as YOLO: it has 3 such files, as train/labels/a.txt.",)
    assert [(each.word, each.meaning, each.count, each.in_folder) for each in found.words] == [
        ("mask_weared_incorrect", "incorrect", 1, False),
        ("with_mask", "with_mask", 1, False),
        ("without_mask", "ignore", 1, False),
    ]
    assert found.skipped == {"label_unknown": 1}
    assert [(each.problem, each.word, each.objects) for each in found.left_out] == [
        ("word_ignored", "without_mask", 1)
    ]
    assert found.splits == {"train": 2, "validation": 1}
    assert (found.problems, found.unused, found.is_partial) == ((), 1, False)
    shown = {each.name: each for each in found.shown}
    first = shown["train/images/a.jpg"]
    assert first.picture is not None and (first.picture.width, first.picture.height) == (300, 200)
    assert Image.open(BytesIO(first.picture.jpeg)).size == (300, 200)
    assert [(each.text, each.is_left_out) for each in first.boxes] == [
        ("with mask", False), ("left out: without_mask", True),
    ]  # fmt: skip
    kept = first.boxes[0]
    corners = (kept.x * 300, kept.y * 200, (kept.x + kept.width) * 300, (kept.y + kept.height) * 200)
    assert corners == pytest.approx((20, 20, 80, 90), abs=0.1)


def test_an_upload_of_a_zip_with_a_photo_that_cannot_be_shown(tmp_path: Path) -> None:
    source, store = tmp_path / "set", PhotoStore(tmp_path / "store")
    add_photo(source / "a.jpg", voc(("with_mask", 20, 20, 80, 90)))
    (source / "bad.jpg").write_bytes(b"no picture")
    (source / "bad.xml").write_text(voc(("with_mask", 20, 20, 80, 90)))
    with pack(source, tmp_path / "set.zip").open("rb") as stream:
        stored = store.put(stream, max_bytes=10**7)
    file = UploadedFile(locator=b"set.zip", sha256=stored.sha256, error_code=None, error_message=None)
    found = preview_set(open_labels(ImportOptions(upload_id=1), [file], store=store, roots=[]))
    pictures = {each.name: each.picture is not None for each in found.shown}
    assert pictures == {"set.zip/a.jpg": True, "set.zip/bad.jpg": False}
    assert len([path for path in (tmp_path / "store").rglob("*") if path.is_file()]) == 1


def preview_of(place: Path, tmp_path: Path) -> Preview:
    options = ImportOptions(folder=str(place))
    return preview_set(open_labels(options, [], store=PhotoStore(tmp_path / "store"), roots=[tmp_path]))


def test_what_of_an_archive_would_be_skipped_and_why(tmp_path: Path) -> None:
    source = tmp_path / "set"
    add_photo(source / "with_mask" / "a.jpg")
    inner = pack(source, tmp_path / "inner.zip").read_bytes()
    outer = tmp_path / "outer.zip"
    with zipfile.ZipFile(outer, "w") as archive:
        archive.write(source / "with_mask" / "a.jpg", "with_mask/a.jpg")
        for name in ("inner.zip", "more.tar.gz", "../with_mask/b.jpg"):
            archive.writestr(name, inner)
        archive.writestr("__MACOSX/with_mask/a.jpg", b"x")
    found = preview_of(outer, tmp_path)
    assert (found.photos, found.labelled) == (4, 1)
    assert found.skipped == {"archive_nested": 2, "archive_path_outside": 1}
    assert dict(found.skipped_words) == {
        "an archive inside an archive is not opened; submit it by itself (archive_nested)": 2,
        "the file's path leads out of the archive (archive_path_outside)": 1,
    }
    assert found.problems == ("1 system folder skipped: __MACOSX",)
    assert [(each.word, each.meaning) for each in found.words] == [("with_mask", "with_mask")]


def test_archives_in_a_folder_and_archives_that_cannot_be_opened(tmp_path: Path) -> None:
    source = tmp_path / "set"
    add_photo(source / "with_mask" / "a.jpg")
    packed = pack(source, tmp_path / "more.zip").read_bytes()
    (source / "more.zip").write_bytes(packed)
    found = preview_of(source, tmp_path)
    assert (found.photos, found.labelled, found.skipped) == (1, 1, {})
    assert found.problems == ("1 archive skipped: only an uploaded zip is opened",)
    (tmp_path / "cut.zip").write_bytes(packed[: len(packed) // 2])
    assert preview_of(tmp_path / "cut.zip", tmp_path).skipped == {"archive_damaged": 1}
    uploaded = UploadedFile(
        locator=b"gone.zip", sha256=None, error_code="photo_too_large_bytes", error_message="Too large."
    )
    options, store = ImportOptions(upload_id=1), PhotoStore(tmp_path / "store")
    assert preview_set(open_labels(options, [uploaded], store=store, roots=[])).skipped == {
        "photo_too_large_bytes": 1
    }


def test_a_preview_that_takes_long_is_of_the_first_photos(folder: Path, tmp_path: Path) -> None:
    labels = open_labels(
        ImportOptions(folder=str(folder)), [], store=PhotoStore(tmp_path / "store"), roots=[tmp_path]
    )
    found = preview_set(labels, seconds=-1)
    assert (found.is_partial, found.photos, found.unused) == (True, 0, 0)


def test_a_hundred_thousand_files_take_no_longer_than_the_time(tmp_path: Path) -> None:
    """What is left unread is said, and no photo is counted as one without a label for it."""
    root, many = tmp_path / "set", 100_000
    (root / "images").mkdir(parents=True)
    first = root / "images" / "000000.jpg"
    add_photo(first)
    # A file system allows some tens of thousands of names for a file.
    for number in range(1, many):
        name = root / "images" / f"{number:06}.jpg"
        if number % 30_000 == 0:
            shutil.copy(first, name)
            first = name
        else:
            os.link(first, name)
    options, store = ImportOptions(folder=str(root)), PhotoStore(tmp_path / "store")
    # Looking at all of them takes a multiple of that on any machine.
    labels = open_labels(options, [], store=store, roots=[tmp_path], seconds=0.3)
    found = preview_set(labels, seconds=0.3)
    assert found.is_partial and found.photos < many
    # The files that describe them may be among those that were not listed.
    assert not labels.is_partial or found.skipped == {}


def test_a_file_about_a_hundred_thousand_photos_is_read_for_the_time(tmp_path: Path) -> None:
    root, many = tmp_path / "set", 100_000
    (root / "labels").mkdir(parents=True)
    for number in (0, many - 1):
        add_photo(root / f"{number:06}.jpg")
    rows = {
        "images": [
            {"id": each, "file_name": f"{each:06}.jpg", "width": 300, "height": 200} for each in range(many)
        ],
        "categories": [{"id": 1, "name": "with_mask"}],
        "annotations": [
            {"id": each, "image_id": each, "category_id": 1, "bbox": [10, 10, 50, 50]} for each in range(many)
        ],
    }
    (root / "labels" / "instances_train.json").write_text(json.dumps(rows))
    options = ImportOptions(folder=str(root))
    labels = open_labels(options, [], store=PhotoStore(tmp_path / "store"), roots=[tmp_path], seconds=0.3)
    found = preview_set(labels)
    assert labels.is_partial and found.is_partial and found.format == "coco"
    # Of the last photo nothing is known: that is not said to be a photo without a label.
    assert found.skipped == {} and found.problems == () and found.photos < 2


def test_an_import_has_any_time(folder: Path, tmp_path: Path) -> None:
    options = ImportOptions(folder=str(folder))
    assert not open_labels(options, [], store=PhotoStore(tmp_path / "store"), roots=[tmp_path]).is_partial
