"""A prefix of a bucket as the folder of a job: what is listed, what is read, and what is refused."""

import hashlib
from pathlib import Path

import pytest

from core.errors import InputError
from core.library.files.bucket import check_place, read_object, walk_bucket
from core.library.files.folder import WalkTally, walk_photos
from core.library.files.reading import read_unchanged_photo
from core.settings import Settings
from core.storage.inputs import InputBuckets, input_buckets
from core.storage.objects import ObjectFolder
from tests.object_store import ObjectStore

_NAMES = (
    "b.jpg", "a.jpg", "notes.txt", "фото.jpg", "day/2.jpg", "day/1.png", "day/10/x.jpg", ".git/x.jpg",
    "@eaDir/y.jpg", "Thumbs.db", "day-2/z.JPEG", "odd [x] ?#%20&+.jpg",
)  # fmt: skip


@pytest.fixture
def allowed(objects: ObjectFolder) -> InputBuckets:
    return InputBuckets(allowed=(objects.address,), endpoint=objects.endpoint)


def test_a_bucket_is_listed_as_a_folder_with_the_same_names(objects: ObjectFolder, tmp_path: Path) -> None:
    for number, name in enumerate(_NAMES):
        objects.put_bytes(b"x" * number, name)
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x" * number)
    of_bucket, of_folder = WalkTally(), WalkTally()
    listed = [(entry.relative, entry.size) for entry in walk_bucket(objects, tally=of_bucket)]
    expected = [(e.relative, e.size) for e in walk_photos(tmp_path, allowed_roots=[], tally=of_folder)]
    assert listed == expected and len(listed) == 8
    assert of_bucket.photos == of_folder.photos == 8
    assert of_bucket.skipped.to_json() == of_folder.skipped.to_json()
    for relative, size in listed:
        assert read_object(objects, relative, max_bytes=100) == b"x" * size


def test_an_object_that_is_too_large_or_gone_fails_alone(objects: ObjectFolder) -> None:
    objects.put_bytes(b"12345", "a.jpg")
    for name, code in ((b"a.jpg", "photo_too_large_bytes"), (b"b.jpg", "file_gone")):
        with pytest.raises(InputError) as caught:
            read_object(objects, name, max_bytes=4)
        assert caught.value.code == code


def test_only_allowed_prefixes_are_read(objects: ObjectFolder, allowed: InputBuckets, tmp_path: Path) -> None:
    objects.put_bytes(b"x", "day/a.jpg")
    address = str(objects.address)
    assert check_place(f"{address}/day/", [], allowed) == f"{address}/day"
    assert check_place(str(tmp_path), [tmp_path], allowed) == str(tmp_path.resolve())
    refused = {
        f"{address}-2": "bucket_not_allowed",
        f"s3://{objects.address.bucket}": "bucket_not_allowed",
        f"{address}/../other": "bucket_address_invalid",
        "s3://key:secret@bucket/x": "bucket_address_invalid",
    }
    for place, code in refused.items():
        with pytest.raises(InputError) as caught:
            check_place(place, [], allowed)
        assert caught.value.code == code and "secret" not in caught.value.message
    with pytest.raises(InputError):
        check_place(address, [Path("/")], InputBuckets())


def test_pages_read_a_photo_again_where_it_was_found(object_store: ObjectStore, tmp_path: Path) -> None:
    objects = object_store.bucket()
    objects.put_bytes(b"photo", "day/a b.jpg")
    settings = Settings(
        data=tmp_path,
        files_endpoint=object_store.endpoint,
        allowed_buckets=f"s3://elsewhere, {objects.address}",
    )
    assert input_buckets(settings).allowed[1] == objects.address
    location, sha256 = f"{objects.address}/day/a b.jpg".encode(), hashlib.sha256(b"photo").hexdigest()
    assert read_unchanged_photo(location, sha256, settings) == b"photo"
    objects.put_bytes(b"other", "day/a b.jpg")
    with pytest.raises(InputError) as caught:
        read_unchanged_photo(location, sha256, settings)
    assert caught.value.code == "photo_changed"
    with pytest.raises(InputError) as caught:
        read_unchanged_photo(location, sha256, settings.with_changes(allowed_buckets=""))
    assert caught.value.code == "bucket_not_allowed"
