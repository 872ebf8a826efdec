"""A zip that is written piece by piece is one that other programs read, also after a kill."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from core.exports import archive as module
from core.exports.archive import ExportArchive, is_whole
from tests.conftest import ROOT

_TEXT = b"line\n" * 10_000


def _add(archive: ExportArchive, numbers: range) -> None:
    for number in numbers:
        archive.add(f"pictures/{number}.bin", os.urandom(50), packed=False)
        archive.write_line("lines", f"{number}\n".encode())


def _finish(archive: ExportArchive, out: Path) -> None:
    archive.add_pieces("lines.txt", archive.read_spool("lines"))
    archive.finish(out)


def test_other_readers_read_it(tmp_path: Path) -> None:
    out = tmp_path / "out.zip"
    with ExportArchive(tmp_path / "work", {}) as archive:
        archive.add("täxt/a.txt", _TEXT)
        archive.add("empty.txt", b"")
        _add(archive, range(3))
        _finish(archive, out)
    assert not (tmp_path / "work").exists()
    with zipfile.ZipFile(out) as read:
        assert read.testzip() is None
        names = ["täxt/a.txt", "empty.txt", "pictures/0.bin", "pictures/1.bin", "pictures/2.bin", "lines.txt"]
        assert read.namelist() == names
        assert read.read("täxt/a.txt") == _TEXT and read.read("empty.txt") == b""
        assert read.read("lines.txt") == b"0\n1\n2\n"
        assert read.getinfo("täxt/a.txt").compress_size < len(_TEXT) / 10
        assert read.getinfo("pictures/0.bin").compress_type == zipfile.ZIP_STORED


def test_what_came_after_the_last_keeping_is_dropped(tmp_path: Path) -> None:
    folder, out = tmp_path / "work", tmp_path / "out.zip"
    with ExportArchive(folder, {}) as archive:
        _add(archive, range(2))
        kept = archive.keep()
        _add(archive, range(2, 5))
        archive.write_line("later", b"never kept")
        archive.keep()
    assert is_whole(folder, kept)
    with ExportArchive(folder, kept) as archive:
        assert archive.spools() == ["lines"]
        _add(archive, range(2, 4))
        _finish(archive, out)
    with zipfile.ZipFile(out) as read:
        assert read.testzip() is None
        assert read.read("lines.txt") == b"0\n1\n2\n3\n"
        assert len(read.namelist()) == 5


def test_files_that_are_gone_or_short_are_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    with ExportArchive(folder, {}) as archive:
        _add(archive, range(2))
        kept = archive.keep()
    assert is_whole(tmp_path / "nothing", {})
    assert not is_whole(tmp_path / "nothing", kept)
    os.truncate(folder / "lines.part", 1)
    assert not is_whole(folder, kept)


def test_more_entries_and_bytes_than_the_plain_record_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """70,000 entries need the Zip64 records; so do sizes, which a lower limit stands for here."""
    out = tmp_path / "out.zip"
    with ExportArchive(tmp_path / "work", {}) as archive:
        for number in range(70_000):
            archive.add(f"{number}", b"", packed=False)
        archive.finish(out)
    with zipfile.ZipFile(out) as read:
        assert len(read.namelist()) == 70_000
        assert read.read("69999") == b""
    monkeypatch.setattr(module, "_FULL", 10)
    end = module._end_records(1, 11, 12)
    assert end.startswith(b"PK\x06\x06") and b"PK\x06\x07" in end


_PROGRAM = """
import resource, sys
from pathlib import Path
from core.exports.archive import ExportArchive

folder = Path(sys.argv[1])
with ExportArchive(folder / "work", {}) as archive:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for number in range(int(sys.argv[2])):
        archive.add(f"pictures/{number:09}.jpg", b"x" * 100, packed=False)
        archive.write_line("lines", b"a line for each of the pictures\\n")
        if number % 1000 == 0:
            archive.keep()
    archive.add_pieces("lines.txt", archive.read_spool("lines"))
    archive.finish(folder / "out.zip")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_memory_does_not_grow_with_the_number_of_entries(tmp_path: Path) -> None:
    """The list of 40,000 entries alone takes 3 MB on the disk."""
    (tmp_path / "few").mkdir()
    ended = subprocess.run(
        [sys.executable, "-c", _PROGRAM, tmp_path / "few", "40000"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(ended.stdout) < 2_000, "KiB"
