"""Annotations are found wherever a set keeps them, in folders, archives and uploads alike."""

import time
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from core.datasets.importing.annotations import AnnotationIndex
from core.datasets.importing.formats.set_files import SetFiles, folder_files, upload_files
from core.errors import InputError
from core.library.files.store import PhotoStore
from core.predict.listing.photos import UploadedFile

#: Photo and annotation of layouts in use.
LAYOUTS = [
    ("a.jpg", "a.xml"),
    ("a.jpg", "annotations/a.xml"),
    ("Images/a.jpg", "Annotations/a.xml"),
    ("images/a.jpg", "annotations/xmls/a.xml"),
    ("photos/images/a.JPG", "photos/annotations/a.XML"),
    ("IMG_1.JPG", "img_1.xml"),
    ("set/JPEGImages/train/a.b.png", "set/Annotations/train/a.b.xml"),
    ("VOCdevkit/VOC2007/JPEGImages/a.jpg", "VOCdevkit/VOC2007/Annotations/a.xml"),
    # Moxa3K, MAFA with the labels of FMLD.
    ("images/a.jpg", "annotations/Pascal Voc/a.xml"),
    ("train-images/images/train_00000003.jpg", "FMLD_annotations/train/train_00000003.xml"),
    ("Bilder/ä.jpg", "Boxen/A\u0308.xml"),
]


def found(photo: str, annotations: list[str], photos: list[str]) -> str | None:
    paths = [path.encode() for path in annotations]
    index = AnnotationIndex(paths, lambda path: path, lambda: [path.encode() for path in photos])
    path = index.read(photo.encode())
    return None if path is None else path.decode()


def index_of(files: SetFiles) -> AnnotationIndex[bytes]:
    return AnnotationIndex(files.ending(b".xml"), files.read, files.photos)


@pytest.mark.parametrize(("photo", "annotation"), LAYOUTS)
def test_layouts_in_a_folder(tmp_path: Path, photo: str, annotation: str) -> None:
    for name in (photo, annotation, "other/b.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"<annotation/>")
    index = index_of(folder_files(tmp_path))
    assert index.read(photo.encode()) == b"<annotation/>"
    assert index.read(b"other/b.jpg") is None
    assert index.unused == set()


@pytest.mark.parametrize(("photo", "annotation"), LAYOUTS)
def test_layouts_in_an_archive_and_in_an_uploaded_folder(tmp_path: Path, photo: str, annotation: str) -> None:
    store = PhotoStore(tmp_path)
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(photo, b"photo")
        archive.writestr(annotation, b"<annotation/>")
        archive.writestr("__MACOSX/._other.xml", b"junk")
    in_archive = index_of(upload_files([_upload(store, "set.zip", packed.getvalue())], store))
    assert in_archive.read(b"set.zip/" + photo.encode()) == b"<annotation/>"
    files = [_upload(store, f"top/{name}", b"<annotation/>") for name in (photo, annotation)]
    in_upload = index_of(upload_files(files, store))
    assert in_upload.read(f"top/{photo}".encode()) == b"<annotation/>"
    assert in_archive.unused == in_upload.unused == set()


def test_photos_and_annotations_in_two_archives(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path)
    files = []
    for name, member in (("images.zip", "a.jpg"), ("annotations.zip", "a.xml")):
        packed = BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr(member, b"<annotation/>")
        files.append(_upload(store, name, packed.getvalue()))
    assert index_of(upload_files(files, store)).read(b"images.zip/a.jpg") == b"<annotation/>"


def _upload(store: PhotoStore, name: str, data: bytes) -> UploadedFile:
    stored = store.put(BytesIO(data), max_bytes=10**6)
    return UploadedFile(locator=name.encode(), sha256=stored.sha256, error_code=None, error_message=None)


def test_a_name_counts_only_where_it_is_unique() -> None:
    photos = ["one/1.jpg", "two/1.jpg", "one/2.jpg"]
    assert found("one/2.jpg", ["x/2.xml"], photos) == "x/2.xml"
    # Two photos, or two annotations, of the name: either would be a guess.
    assert found("one/1.jpg", ["x/1.xml"], photos) is None
    assert found("one/2.jpg", ["x/2.xml", "y/2.xml"], photos) is None
    # The same names in two splits do not meet.
    splits = ["train/annotations/1.xml", "test/annotations/1.xml"]
    assert found("train/images/1.jpg", splits, []) == splits[0]
    assert found("test/images/1.jpg", splits, []) == splits[1]


def test_a_nearer_annotation_counts_before_a_farther_one() -> None:
    paths = ["annotations/a.xml", "images/a.xml", "x/a.xml"]
    assert found("images/a.jpg", paths, []) == "images/a.xml"
    assert found("images/a.jpg", paths[::2], []) == "annotations/a.xml"
    assert found("images/a.jpg", ["images/A.xml", "images/a.xml"], []) == "images/a.xml"


def test_two_annotations_that_fit_are_named() -> None:
    with pytest.raises(
        InputError, match=r"2 annotation files fit .* annotations/a.xml and labels/a.xml"
    ) as caught:
        found("images/a.jpg", ["labels/a.xml", "annotations/a.xml"], [])
    assert caught.value.code == "annotation_ambiguous"


def test_annotations_without_a_photo_are_known() -> None:
    index = AnnotationIndex([b"a.xml", b"b.xml"], lambda path: path, list)
    index.read(b"a.jpg")
    assert index.unused == {b"b.xml"}


def test_an_annotation_that_could_not_be_stored_is_an_error_of_its_photo(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path)
    refused = UploadedFile(
        locator=b"a.xml", sha256=None, error_code="photo_too_large_bytes", error_message="Too large."
    )
    with pytest.raises(InputError, match="Too large"):
        index_of(upload_files([refused], store)).read(b"a.jpg")


def test_a_large_set_costs_no_more_per_photo() -> None:
    """Look-ups that each walked all annotations, or all photos, would take minutes here."""
    count = 20_000
    paths = [b"x/annotations/%d.xml" % n for n in range(count)]
    began = time.process_time()
    index = AnnotationIndex(paths, lambda path: path, lambda: (b"y/%d.jpg" % n for n in range(count)))
    assert all(index.find(b"y/%d.jpg" % n) for n in range(count))
    assert time.process_time() - began < 10
