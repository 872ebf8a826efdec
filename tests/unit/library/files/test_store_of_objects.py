"""The store of photos over an object store: two hosts share it, and a host has copies alone."""

import hashlib
import time
from io import BytesIO
from pathlib import Path

import pytest

from core.errors import InputError, TransientError
from core.library.files.store import PhotoStore, photo_store
from core.library.resumable.partial_file import hold, partial_path
from core.settings import Settings
from core.storage import calls
from tests.object_store import ObjectStore

DATA = b"photo bytes" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def hosts(object_store: ObjectStore, tmp_path: Path) -> tuple[PhotoStore, PhotoStore]:
    """The stores of two hosts of one installation."""
    first = object_store.settings(Settings(data=tmp_path / "one"))
    return photo_store(first), photo_store(first.with_changes(data=tmp_path / "two"))


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and path.name != ".swept"]


def test_what_one_host_stores_the_other_reads(hosts: tuple[PhotoStore, PhotoStore], tmp_path: Path) -> None:
    here, there = hosts
    stored = here.put(BytesIO(DATA), max_bytes=10**6)
    assert stored.sha256 == SHA256 and stored.path.read_bytes() == DATA
    assert there.has(SHA256) and not there.path_of(SHA256).exists()
    with there.open(SHA256) as file:
        assert file.read() == DATA
    assert there.local(SHA256).is_file()
    assert abs((there.stored_at(SHA256) or 0) - time.time()) < 60
    # Copies alone: no host has the only one.
    assert files_in(tmp_path) == [here.path_of(SHA256), there.path_of(SHA256)]
    assert "copies" in str(here.path_of(SHA256))


def test_a_photo_that_one_host_deletes_is_not_stored_any_more(hosts: tuple[PhotoStore, PhotoStore]) -> None:
    here, there = hosts
    here.put(BytesIO(DATA), max_bytes=10**6)
    there.delete(SHA256)
    there.delete(SHA256)
    assert not here.has(SHA256) and here.stored_at(SHA256) is None
    with pytest.raises(InputError) as caught:
        there.open(SHA256)
    assert caught.value.code == "photo_not_stored"


def test_an_upload_that_has_arrived_moves_into_the_store(hosts: tuple[PhotoStore, PhotoStore]) -> None:
    here, there = hosts
    with hold(partial_path(here, "token", 0)) as partial:
        partial.write(BytesIO(DATA), offset=0, most=len(DATA), note=lambda _: None)
        partial.store(here, partial.digest())
    assert files_in(here.folder) == []
    assert there.local(SHA256).read_bytes() == DATA


def test_what_the_store_does_not_take_is_nowhere(
    hosts: tuple[PhotoStore, PhotoStore], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(calls, "_PAUSES", ())
    away = photo_store(
        Settings(data=tmp_path / "three", files="s3://bucket", files_endpoint="http://127.0.0.1:1")
    )
    with pytest.raises(TransientError) as caught:
        away.put(BytesIO(DATA), max_bytes=10**6)
    assert caught.value.code == "storage_unavailable" and files_in(tmp_path) == []
    # Whether it is there cannot be told: that is no missing photo.
    for question in (away.has, away.open, away.stored_at):
        with pytest.raises(TransientError):
            question(SHA256)


def test_storing_again_makes_a_photo_fresh(
    hosts: tuple[PhotoStore, PhotoStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever sweeps old files must not delete what has just been uploaded again."""
    here, there = hosts
    here.put(BytesIO(DATA), max_bytes=10**6)
    first = here.stored_at(SHA256)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        there.put(BytesIO(DATA), max_bytes=10**6)
        if here.stored_at(SHA256) != first:
            break
    assert (here.stored_at(SHA256) or 0) > (first or 0)
