"""A folder goes on at another host, with all files of one push."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import PermanentError
from core.storage.objects import ObjectFolder
from core.storage.shared_folder import SharedFolder
from tests.object_store import FaultyStore


@pytest.fixture
def hosts(objects: ObjectFolder, tmp_path: Path) -> tuple[SharedFolder, SharedFolder]:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    return tuple(SharedFolder(path=tmp_path / name, objects=objects) for name in ("one", "two"))


def content(folder: SharedFolder) -> dict[str, bytes]:
    files = [path for path in folder.path.rglob("*") if path.is_file() and path.name[0] != "."]
    return {path.relative_to(folder.path).as_posix(): path.read_bytes() for path in files}


def test_what_was_pushed_is_pulled_and_what_was_replaced_goes(
    hosts: tuple[SharedFolder, SharedFolder], objects: ObjectFolder
) -> None:
    here, there = hosts
    there.pull()
    assert content(there) == {}
    (here.path / "crops.raw").write_bytes(b"crops")
    (here.path / "head.npz").write_bytes(b"epoch 1")
    (here.path / "next-head.npz").write_bytes(b"half")
    here.push()
    there.pull()
    assert content(there) == {"crops.raw": b"crops", "head.npz": b"epoch 1"}
    (there.path / "head.npz").write_bytes(b"epoch 2")
    there.push()
    here.pull()
    assert (here.path / "head.npz").read_bytes() == b"epoch 2"
    assert len(list(objects.walk())) == 3
    there.remove()
    assert list(objects.walk()) == [] and not there.path.exists()


def test_folders_in_it_go_along(hosts: tuple[SharedFolder, SharedFolder], objects: ObjectFolder) -> None:
    here, there = hosts
    (here.path / "fit" / "checkpoints").mkdir(parents=True)
    for name in ("fit/fit.jsonl", "fit/checkpoints/ckpt-1", "fit/checkpoints/next-ckpt"):
        (here.path / name).write_text(name)
    here.push()
    there.pull()
    assert sorted(content(there)) == ["fit/checkpoints/ckpt-1", "fit/fit.jsonl"]
    (there.path / "fit" / "checkpoints" / "ckpt-1").rename(there.path / "fit" / "checkpoints" / "ckpt-2")
    there.push()
    here.pull()
    assert sorted(content(here)) == ["fit/checkpoints/ckpt-2", "fit/checkpoints/next-ckpt", "fit/fit.jsonl"]
    assert len(list(objects.walk())) == 3


def test_what_is_here_already_is_not_fetched_or_sent_again(
    hosts: tuple[SharedFolder, SharedFolder], faulty: FaultyStore, objects: ObjectFolder
) -> None:
    here = SharedFolder(path=hosts[0].path, objects=faulty.before(objects))
    (here.path / "crops.raw").write_bytes(b"crops")
    here.push()
    here.push()
    here.pull()
    assert [line for line in faulty.seen if "crops.raw" in line] == [
        line for line in faulty.seen if line.startswith("PUT") and "crops.raw" in line
    ]
    assert len([line for line in faulty.seen if line.startswith("PUT")]) == 2


def test_a_damaged_object_is_refused(hosts: tuple[SharedFolder, SharedFolder], objects: ObjectFolder) -> None:
    here, there = hosts
    (here.path / "head.npz").write_bytes(b"epoch 1")
    here.push()
    [key] = [each.key for each in objects.walk() if each.key != "manifest.json"]
    objects.put_bytes(b"epoch 7", key)
    with pytest.raises(PermanentError) as caught:
        there.pull()
    assert caught.value.code == "stored_file_damaged" and content(there) == {}


_PUSH = """
import sys
from pathlib import Path
from core.storage.address import StoreAddress
from core.storage.objects import ObjectFolder
from core.storage.shared_folder import SharedFolder

objects = ObjectFolder(StoreAddress.parse(sys.argv[2]), endpoint=sys.argv[3])
SharedFolder(path=Path(sys.argv[1]), objects=objects).push()
"""


@pytest.mark.parametrize("held", [2, 4])
def test_a_push_that_is_killed_at_any_request_leaves_the_one_before_whole(
    hosts: tuple[SharedFolder, SharedFolder], objects: ObjectFolder, faulty: FaultyStore, held: int
) -> None:
    """Its requests: the manifest, two files, the new manifest. The last one counts once it has arrived."""
    here, there = hosts
    for name in ("a.npz", "b.npz"):
        (here.path / name).write_bytes(b"epoch 1")
    here.push()
    for name in ("a.npz", "b.npz"):
        (here.path / name).write_bytes(b"epoch 2 ")
    faulty.faults = [""] * (held - 1) + ["wait"]
    command = [sys.executable, "-c", _PUSH, str(here.path), str(objects.address), faulty.endpoint]
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(Path.cwd())})
    try:
        assert faulty.arrived.wait(30)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    there.pull()
    assert content(there) == {"a.npz": b"epoch 1", "b.npz": b"epoch 1"}
    here.push()
    there.pull()
    assert content(there) == {"a.npz": b"epoch 2 ", "b.npz": b"epoch 2 "}
