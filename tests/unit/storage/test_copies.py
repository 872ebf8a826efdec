"""Copies of objects on a host: fetched once, whole and right, and kept below a size."""

import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from core.errors import PermanentError
from core.storage import copies as module
from core.storage.copies import Copies
from core.storage.objects import ObjectFolder
from tests.object_store import FaultyStore

DATA = b"photo bytes" * 1000
SHA256 = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def copies(tmp_path: Path) -> Copies:
    return Copies(folder=tmp_path / "copies", most_bytes=50_000)


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name != ".swept")


def test_an_object_is_fetched_once(objects: ObjectFolder, faulty: FaultyStore, copies: Copies) -> None:
    objects.put_bytes(DATA, "key")
    for _ in range(3):
        assert copies.bring(faulty.before(objects), "key", SHA256).read_bytes() == DATA
    assert len(faulty.seen) == 1 and files_in(copies.folder) == [SHA256]


def test_what_is_not_what_was_stored_is_no_copy(objects: ObjectFolder, copies: Copies) -> None:
    objects.put_bytes(DATA + b"!", "key")
    with pytest.raises(PermanentError) as caught:
        copies.bring(objects, "key", SHA256)
    assert caught.value.code == "stored_file_damaged" and files_in(copies.folder) == []
    with pytest.raises(FileNotFoundError):
        copies.bring(objects, "gone", SHA256)
    assert files_in(copies.folder) == []


def test_the_oldest_copies_go_above_the_size_and_those_in_use_stay(copies: Copies) -> None:
    now = time.time()
    for number in range(8):
        path = copies.path_of(f"{number}" * 64)
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x" * 10_000)
        os.utime(path, (now, now - 3600 + 60 * number))
    in_use = copies.path_of("0" * 64)
    os.utime(in_use)
    assert copies.sweep(now=True) == 3
    assert files_in(copies.folder) == [f"{number}" * 64 for number in (0, 4, 5, 6, 7)]


def test_what_was_not_used_for_long_goes_and_pictures_made_of_photos_too(copies: Copies) -> None:
    """Another host may have removed the photo."""
    thumbnail = copies.folder / "thumbnails" / "ab" / f"{SHA256}-480.jpg"
    for path in (copies.path_of(SHA256), thumbnail):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
        os.utime(path, (0, time.time() - module._UNUSED_SECONDS - 1))
    assert copies.sweep() == 2 and files_in(copies.folder) == []
    # The next process of the host leaves it to that one.
    assert copies.sweep() == 0


_BRING = """
import sys
from pathlib import Path
from core.storage.address import StoreAddress
from core.storage.copies import Copies
from core.storage.objects import ObjectFolder

objects = ObjectFolder(StoreAddress.parse(sys.argv[1]), endpoint=sys.argv[2])
Copies(folder=Path(sys.argv[3]), most_bytes=10**9).bring(objects, "key", sys.argv[4])
"""


def test_a_fetch_that_is_killed_leaves_no_copy(
    objects: ObjectFolder, faulty: FaultyStore, copies: Copies
) -> None:
    """In the middle of the bytes: the first part of a large object is here, the second one never comes."""
    data = bytes(range(256)) * 70_000
    sha256 = hashlib.sha256(data).hexdigest()
    objects.put_bytes(data, "key")
    # The head of the object, its first part, and the next ones.
    faulty.faults = ["", "", "wait", "wait", "wait"]
    command = [
        sys.executable,
        "-c",
        _BRING,
        str(objects.address),
        faulty.endpoint,
        str(copies.folder),
        sha256,
    ]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    try:
        assert faulty.arrived.wait(30)
    finally:
        process.kill()
        process.wait()
    assert not copies.path_of(sha256).exists()
    assert copies.bring(objects, "key", sha256).read_bytes() == data
    left_over = list((copies.folder / "incoming").iterdir())
    for path in left_over:
        os.utime(path, (0, time.time() - module._UNUSED_SECONDS - 1))
    assert copies.sweep(now=True) == len(left_over)
    assert files_in(copies.folder) == [sha256]
