"""Objects over real HTTP: what is put is read, and faults of the store have names and bounds."""

import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from core.errors import MaskloopError
from core.storage import calls
from core.storage.address import StoreAddress
from core.storage.calls import limit_tries
from core.storage.objects import ObjectFolder
from tests.object_store import FaultyStore, ObjectStore

DATA = bytes(range(256)) * 1000


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of tries is what counts here."""
    monkeypatch.setattr(calls, "_PAUSES", (0.0, 0.01, 0.01))


def code_of(action: object) -> str:
    with pytest.raises(MaskloopError) as caught:
        action()
    assert "tests-secret-key" not in caught.value.message
    return caught.value.code


def test_what_is_put_is_read_listed_and_deleted(objects: ObjectFolder, tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copy"
    source.write_bytes(DATA)
    before = time.time()
    objects.put(source, "a/b/photo.jpg")
    objects.put_bytes(b"", "a/empty")
    objects.put_bytes(b"1", "z")
    objects.get("a/b/photo.jpg", copy)
    assert copy.read_bytes() == DATA == objects.read("a/b/photo.jpg")
    assert objects.read("a/b/photo.jpg", 300, 310) == DATA[300:310] and objects.read("a/empty") == b""
    found = objects.find("a/b/photo.jpg")
    assert found is not None and found.bytes == len(DATA) and abs(found.changed_at - before) < 60
    assert [each.key for each in objects.walk()] == ["z", "a/empty", "a/b/photo.jpg"]
    assert objects.list_folder("a")[0] == ["b"] and [each.key for each in objects.walk("a/b")] == [
        "a/b/photo.jpg"
    ]
    objects.delete("z")
    objects.delete("z")
    objects.delete_folder("a")
    assert list(objects.walk()) == []


def test_a_missing_object_is_missing(objects: ObjectFolder, tmp_path: Path) -> None:
    assert objects.find("gone") is None and objects.list_folder("gone") == ([], [])
    for read in (lambda: objects.read("gone"), lambda: objects.get("gone", tmp_path / "x")):
        with pytest.raises(FileNotFoundError):
            read()


def test_an_object_is_replaced_whole(objects: ObjectFolder) -> None:
    objects.put_bytes(DATA, "key")
    objects.put_bytes(b"short", "key")
    assert objects.read("key") == b"short"


def test_a_missing_bucket_is_no_missing_object(object_store: ObjectStore, tmp_path: Path) -> None:
    """Otherwise a mistyped bucket would look as if all photos had been deleted."""
    (tmp_path / "x").write_bytes(b"x")
    nowhere = ObjectFolder(StoreAddress.parse("s3://no-such-bucket/x"), endpoint=object_store.endpoint)
    for action in (
        lambda: nowhere.read("key"), lambda: nowhere.find("key"), lambda: nowhere.list_folder(),
        lambda: nowhere.put(tmp_path / "x", "key"), lambda: nowhere.delete("key"), nowhere.check,
        lambda: nowhere.get("key", tmp_path / "y"),
    ):  # fmt: skip
        assert code_of(action) == "storage_bucket_missing"


def test_refused_credentials_are_named_at_once(object_store: ObjectStore, objects: ObjectFolder) -> None:
    objects.put_bytes(b"x", "key")
    with object_store.with_accounts():
        for action in (lambda: objects.read("key"), lambda: objects.find("key"), objects.check):
            assert code_of(action) == "storage_denied"


def test_no_credentials_are_named(objects: ObjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    # Another address: fsspec keeps what it has opened.
    other = ObjectFolder(objects.address, endpoint=objects.endpoint.replace("127.0.0.1", "localhost"))
    assert code_of(lambda: other.read("key")) == "storage_denied"


@pytest.mark.parametrize("fault", ["500", "503", "429", "cut"])
def test_a_fault_that_passes_is_tried_again(faulty: FaultyStore, objects: ObjectFolder, fault: str) -> None:
    objects.put_bytes(DATA, "key")
    faulty.faults = [fault, fault]
    assert faulty.before(objects).read("key") == DATA
    faulty.faults = [fault, fault]
    faulty.before(objects).put_bytes(DATA[1:], "key")
    assert objects.read("key") == DATA[1:]


@pytest.mark.parametrize("fault", ["500", "cut"])
def test_a_fault_that_stays_is_named_after_four_tries(
    faulty: FaultyStore, objects: ObjectFolder, fault: str
) -> None:
    faulty.faults = [fault] * 50
    assert code_of(lambda: faulty.before(objects).read("key")) == "storage_unavailable"
    # The HTTP library sends a request once more where a kept connection has ended.
    assert 4 <= len(faulty.seen) <= 8


def test_a_thread_for_which_others_wait_tries_once(faulty: FaultyStore, objects: ObjectFolder) -> None:
    faulty.faults = ["500"] * 50
    limit_tries(1)
    try:
        assert code_of(lambda: faulty.before(objects).read("key")) == "storage_unavailable"
    finally:
        limit_tries(None)
    assert len(faulty.seen) == 1


def test_a_store_that_is_not_there_is_named(objects: ObjectFolder) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        away = ObjectFolder(objects.address, endpoint=f"http://127.0.0.1:{unused.getsockname()[1]}")
        assert code_of(lambda: away.read("key")) == "storage_unavailable"


def test_a_slow_store_is_waited_for_only_so_long(
    faulty: FaultyStore, objects: ObjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.storage import clients

    monkeypatch.setattr(clients, "S3_CONFIG", {**clients.S3_CONFIG, "read_timeout": 0.2})
    objects.put_bytes(DATA, "key")
    faulty.faults = ["wait"] * 50
    assert code_of(lambda: faulty.before(objects).read("key")) == "storage_unavailable"


def test_a_signed_link_opens_the_object_under_a_name_and_nothing_else(objects: ObjectFolder) -> None:
    objects.put_bytes(DATA, "report.csv")
    link = objects.link("report.csv", seconds=60, name="job-1.csv", media_type="text/csv")
    assert link is not None and "tests-secret-key" not in link and "Expires" in link
    with urllib.request.urlopen(link) as answer:
        assert answer.read() == DATA


_LARGE = """
import resource, sys
from pathlib import Path
from core.storage.address import StoreAddress
from core.storage.objects import ObjectFolder

objects, path = ObjectFolder(StoreAddress.parse(sys.argv[1]), endpoint=sys.argv[2]), Path(sys.argv[3])
objects.put_bytes(b"x", "small")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
objects.put(path, "large")
objects.get("large", path.with_name("copy"))
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_a_large_file_travels_in_parts_and_little_memory(objects: ObjectFolder, tmp_path: Path) -> None:
    path, block = tmp_path / "large", os.urandom(1 << 20)
    with path.open("wb") as file:
        for _ in range(96):
            file.write(block)
    command = [sys.executable, "-c", _LARGE, str(objects.address), objects.endpoint, str(path)]
    environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 80
    with path.open("rb") as file, (tmp_path / "copy").open("rb") as copy:
        assert hashlib.file_digest(copy, "sha256").digest() == hashlib.file_digest(file, "sha256").digest()


_PUT = """
import sys
from pathlib import Path
from core.storage.address import StoreAddress
from core.storage.objects import ObjectFolder

ObjectFolder(StoreAddress.parse(sys.argv[1]), endpoint=sys.argv[2]).put(Path(sys.argv[3]), "key")
"""


@pytest.mark.parametrize("earlier", [None, b"earlier"])
def test_a_writer_that_is_killed_leaves_nothing_half(
    faulty: FaultyStore, objects: ObjectFolder, tmp_path: Path, earlier: bytes | None
) -> None:
    """Killed while its bytes are on their way: what was there before is there."""
    path = tmp_path / "large"
    path.write_bytes(os.urandom(1000) * 20_000)
    if earlier is not None:
        objects.put_bytes(earlier, "key")
    slow = _StoppedPipe(faulty.endpoint)
    try:
        command = [sys.executable, "-c", _PUT, str(objects.address), slow.endpoint, str(path)]
        writer = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
        try:
            assert slow.half.wait(30)
        finally:
            writer.kill()
            writer.wait()
    finally:
        slow.stop()
    found = objects.find("key")
    assert found is None if earlier is None else objects.read("key") == earlier
    objects.put(path, "key")
    assert hashlib.sha256(objects.read("key")).digest() == hashlib.sha256(path.read_bytes()).digest()


class _StoppedPipe:
    """Takes a connection, passes its first bytes on and then no more."""

    def __init__(self, endpoint: str) -> None:
        self.half = threading.Event()
        host, _, port = endpoint.removeprefix("http://").partition(":")
        self._listen = socket.create_server(("127.0.0.1", 0))
        self.endpoint = f"http://127.0.0.1:{self._listen.getsockname()[1]}"
        self._to = socket.create_connection((host, int(port)))
        self._thread = threading.Thread(target=self._pass)
        self._thread.start()

    def _pass(self) -> None:
        taken, _ = self._listen.accept()
        back = threading.Thread(target=self._pass_back, args=(taken,))
        back.start()
        passed = 0
        while passed < 2_000_000 and (data := taken.recv(65_536)):
            self._to.sendall(data)
            passed += len(data)
        self.half.set()
        while taken.recv(65_536):
            pass
        self._to.shutdown(socket.SHUT_RDWR)
        back.join()
        taken.close()

    def _pass_back(self, taken: socket.socket) -> None:
        while data := self._to.recv(65_536):
            taken.sendall(data)

    def stop(self) -> None:
        self._thread.join(10)
        self._to.close()
        self._listen.close()


def test_a_process_that_forks_goes_on_in_both(objects: ObjectFolder) -> None:
    """Workers are forked from a process that has asked the store before."""
    objects.put_bytes(DATA, "key")
    child = os.fork()
    if child == 0:
        os._exit(0 if objects.read("key") == DATA else 1)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            assert status == 0
            break
        time.sleep(0.02)
    else:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        pytest.fail("the child waits for ever")
    assert objects.read("key") == DATA
