"""A photo's own file may be gone; one of the photo store may not."""

import time
from functools import partial
from pathlib import Path

import pytest
from PIL.ExifTags import Base

from core.detection.face import DetectedFace
from core.detection.photo import DecodedPhoto
from core.errors import InputError, TransientError
from core.library.files.store import PhotoStore
from core.library.fingerprints.shot import Shot
from core.predict.read_photos import fetched_ahead, read_file, read_photos
from core.predict.results import PhotoRead, PhotoToRead
from tests.unit.library.fingerprints.test_exif import jpeg


class NoDetector:
    """Must not be asked."""

    def detect(self, photo: DecodedPhoto) -> list[DetectedFace]:
        raise AssertionError


def test_a_stored_file_that_is_missing_is_tried_again(tmp_path: Path) -> None:
    store = PhotoStore(tmp_path)
    with (Path(__file__)).open("rb") as stream:
        kept = store.put(stream, max_bytes=10_000)
    relative = bytes(kept.path.relative_to(tmp_path))
    photo = PhotoToRead(position=0, root=tmp_path, relative=relative, stored=True)
    assert read_file(photo, max_bytes=10_000) == Path(__file__).read_bytes()
    kept.path.unlink()
    with pytest.raises(TransientError) as missing:
        read_file(photo, max_bytes=10_000)
    assert missing.value.code == "stored_file_missing"


def test_a_file_of_a_folder_that_is_gone_is_the_photos_own_result(tmp_path: Path) -> None:
    with pytest.raises(InputError) as gone:
        read_file(PhotoToRead(position=0, root=tmp_path, relative=b"a.jpg"), max_bytes=10)
    assert gone.value.code == "file_gone"


def test_a_photo_that_is_known_is_not_searched_again_but_its_time_and_camera_are_read() -> None:
    data = jpeg({Base.Model: "X100"}, {Base.DateTimeOriginal: "2026:03:01 07:10:09"})
    found = read_photos(
        [PhotoToRead(position=3, root=Path("/"), relative=b"a.jpg")],
        NoDetector(),
        read=lambda _photo: data,
        min_scale=1.0,
        is_known=lambda _sha256: True,
        before_each=lambda: None,
    )
    result = next(iter(found))
    assert isinstance(result, PhotoRead)
    assert (result.position, result.faces) == (3, None)
    assert result.shot == Shot(taken_at="2026-03-01T07:10:09", camera="X100")


def test_photos_of_an_object_store_are_fetched_while_others_are_searched() -> None:
    """And an error of a fetch ahead is no error of the batch: the photo's own turn raises it."""
    fetched: list[int] = []

    def bring(number: int) -> None:
        fetched.append(number)
        if number == 1:
            raise TransientError("storage_unavailable", "away")

    photos = [
        PhotoToRead(position=number, root=Path(), relative=b"x", bring=partial(bring, number))
        for number in range(4)
    ]
    with fetched_ahead(photos):
        deadline = time.monotonic() + 20
        while len(fetched) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.01)
    assert sorted(fetched) == [0, 1, 2, 3]
    with pytest.raises(TransientError):
        read_file(photos[1], max_bytes=10)
    with fetched_ahead([PhotoToRead(position=0, root=Path(), relative=b"x")]):
        pass
