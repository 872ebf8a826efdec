"""The store writes photos atomically: with killed or many writers, and on a full disk."""

import hashlib
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest

from core.errors import InputError, TransientError
from core.library.files.store import PhotoStore, StoredPhoto
from tests.acceptance.service import wait_until

DATA = b"photo bytes" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()
LIMIT = 10_000_000


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    return PhotoStore(tmp_path / "photos")


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_put_and_open(store: PhotoStore) -> None:
    stored = store.put(BytesIO(DATA), max_bytes=LIMIT)
    assert stored == StoredPhoto(sha256=SHA256, bytes=len(DATA), path=store.path_of(SHA256))
    with store.open(SHA256) as file:
        assert file.read() == DATA
    assert stored.path.relative_to(store.folder).parts == (SHA256[:2], SHA256[2:4], SHA256)


def test_the_same_photo_is_kept_once(store: PhotoStore) -> None:
    first = store.put(BytesIO(DATA), max_bytes=LIMIT)
    written = first.path.stat().st_ino
    assert store.put(BytesIO(DATA), max_bytes=LIMIT) == first
    assert first.path.stat().st_ino == written
    assert files_in(store.folder) == [first.path]


def test_refused_photos_leave_nothing(store: PhotoStore) -> None:
    for data, code in ((b"", "empty_file"), (DATA, "photo_too_large_bytes")):
        with pytest.raises(InputError) as caught:
            store.put(BytesIO(data), max_bytes=len(DATA) - 1)
        assert caught.value.code == code
    assert files_in(store.folder) == []


def test_a_stream_that_fails_leaves_nothing(store: PhotoStore) -> None:
    class Broken(BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell():
                raise ConnectionResetError("upload cut off")
            return super().read(100)

    with pytest.raises(ConnectionResetError):
        store.put(Broken(DATA), max_bytes=LIMIT)
    assert files_in(store.folder) == []


def test_missing_photo(store: PhotoStore) -> None:
    with pytest.raises(InputError) as caught:
        store.open(SHA256)
    assert caught.value.code == "photo_not_stored"


@pytest.mark.parametrize("name", ["", "../../etc/passwd", SHA256.upper(), SHA256 + "0", SHA256[:-1] + "\n"])
def test_only_a_sha256_has_a_path(store: PhotoStore, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.path_of(name)


def test_many_writers_of_the_same_photos(store: PhotoStore) -> None:
    photos = [bytes([number]) * 50_000 for number in range(10)] * 8
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda data: store.put(BytesIO(data), max_bytes=LIMIT), photos))
    assert len({photo.sha256 for photo in stored}) == 10
    assert len(files_in(store.folder)) == 10


def test_full_disk_is_transient_and_leaves_no_half_photo(small_disk: Path) -> None:
    store = PhotoStore(small_disk)
    store.put(BytesIO(DATA), max_bytes=LIMIT)
    with pytest.raises(TransientError) as caught:
        store.put(BytesIO(os.urandom(2_000_000)), max_bytes=LIMIT)
    assert caught.value.code == "disk_full"
    assert [path.name for path in files_in(small_disk)] == [SHA256]
    assert store.put(BytesIO(b"small"), max_bytes=LIMIT).bytes == 5


def test_read_only_folder_is_transient(tmp_path: Path) -> None:
    (tmp_path / "photos").write_bytes(b"a file where the folder should be")
    with pytest.raises(TransientError) as caught:
        PhotoStore(tmp_path / "photos").put(BytesIO(DATA), max_bytes=LIMIT)
    assert caught.value.code == "store_write_failed"


_WRITER = """
import os, sys
from io import BytesIO
from pathlib import Path
from core.library.files.store import PhotoStore
store = PhotoStore(Path(sys.argv[1]))
print("ready", flush=True)
while True:
    store.put(BytesIO(os.urandom(3_000_000)), max_bytes=10_000_000)
"""


def _incoming(store: PhotoStore) -> Path:
    return store.folder / "incoming"


def _whole(store: PhotoStore) -> set[Path]:
    """Files that are stored, not those that are being written."""
    return {path for path in files_in(store.folder) if path.parent != _incoming(store)}


def test_killed_writers_leave_only_whole_photos(store: PhotoStore) -> None:
    for _ in range(4):
        writer = subprocess.Popen([sys.executable, "-c", _WRITER, str(store.folder)], stdout=subprocess.PIPE)
        with writer:
            assert writer.stdout is not None
            writer.stdout.readline()
            before = len(_whole(store))
            wait_until(lambda before=before: len(_whole(store)) > before, seconds=30, what="a photo")
            wait_until(lambda: list(_incoming(store).iterdir()), seconds=30, what="the next one, in part")
            writer.send_signal(signal.SIGKILL)
    left, photos = set(_incoming(store).iterdir()), _whole(store)
    assert photos
    for path in photos:
        assert hashlib.sha256(path.read_bytes()).hexdigest() == path.name
    assert store.sweep_temporary(older_than=3600) == 0
    assert store.sweep_temporary(older_than=-1) == len(left)
    assert set(files_in(store.folder)) == photos


def test_sweeping_an_empty_store(store: PhotoStore) -> None:
    assert store.sweep_temporary(older_than=0) == 0
