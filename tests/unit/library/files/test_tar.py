"""Tar files are walked as zips are: hostile and damaged members are named, and cost no other."""

import bz2
import gzip
import io
import lzma
import tarfile
from pathlib import Path

import pytest

from core.errors import InputError
from core.library.files.archive import ArchiveEntry, ArchiveLimits, walk_archive


def add(archive: tarfile.TarFile, name: str, data: bytes = b"x", **fields: object) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for field, value in fields.items():
        setattr(info, field, value)
    archive.addfile(info, io.BytesIO(data))


def read(entry: ArchiveEntry) -> bytes | str:
    return entry.error or (entry.stream.read() if entry.stream else "")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Of all that a tar can hold; the name of a stored archive has no ending."""
    made = tmp_path / "stored"
    with tarfile.open(made, "w", format=tarfile.PAX_FORMAT) as archive:
        add(archive, "./a.jpg", b"first")
        add(archive, "folder", b"", type=tarfile.DIRTYPE)
        add(archive, "folder/ä.jpg", b"second")
        add(archive, "notes.txt")
        add(archive, "../out.jpg")
        add(archive, "/etc/in.jpg")
        add(archive, "link.jpg", b"", type=tarfile.SYMTYPE, linkname="/etc/hostname")
        add(archive, "hard.jpg", b"", type=tarfile.LNKTYPE, linkname="a.jpg")
        add(archive, "pipe.jpg", b"", type=tarfile.FIFOTYPE)
        add(archive, "inner.zip", b"PK")
        add(archive, "a.jpg", b"again")
        add(archive, "large.jpg", b"x" * 2_000)
        add(archive, "last.jpg", b"y" * 600)
    return made


def test_members_and_refusals(path: Path) -> None:
    found = {
        entry.name: read(entry)
        for entry in walk_archive(path, ArchiveLimits(max_member_bytes=1_000))
        if entry.error != "archive_duplicate"
    }
    assert found == {
        "a.jpg": b"first",
        "folder/ä.jpg": b"second",
        "../out.jpg": "archive_path_outside",
        "/etc/in.jpg": "archive_path_outside",
        "link.jpg": "archive_link",
        "hard.jpg": "archive_link",
        "pipe.jpg": "archive_method_not_supported",
        "inner.zip": "archive_nested",
        "large.jpg": "archive_too_large",
        "last.jpg": b"y" * 600,
    }
    assert [entry.name for entry in walk_archive(path) if entry.error == "archive_duplicate"] == ["a.jpg"]


def test_a_tar_that_is_cut_anywhere_says_so(path: Path) -> None:
    whole = path.read_bytes()
    for length in range(262, len(whole), 97):
        path.write_bytes(whole[:length])
        errors = []
        for entry in walk_archive(path):
            try:
                errors.append(entry.error)
                read(entry)
            except InputError as error:
                errors.append(error.code)
        assert len(errors) <= 15
    path.write_bytes(whole[: whole.index(b"y" * 600) + 10])
    assert [entry.error for entry in walk_archive(path)][-1] == "archive_damaged"


def test_too_many_members(path: Path) -> None:
    errors = [entry.error for entry in walk_archive(path, ArchiveLimits(max_members=2))]
    assert errors == [None, "archive_too_many_members"]


def packed(path: Path, how: str) -> Path:
    """The tar, compressed, under a name that says nothing."""
    out = path.with_name("packed")
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}[how]
    out.write_bytes(pack(path.read_bytes()))
    return out


@pytest.mark.parametrize("how", ["gz", "bz2", "xz"])
def test_a_compressed_tar_is_walked_as_a_plain_one(path: Path, how: str) -> None:
    limits = ArchiveLimits(max_member_bytes=1_000)

    def found(each: Path) -> list[tuple[str, bytes | str]]:
        return [(entry.name, read(entry)) for entry in walk_archive(each, limits)]

    assert found(packed(path, how)) == found(path)


@pytest.mark.parametrize("how", ["gz", "bz2", "xz"])
def test_a_compressed_tar_that_is_cut_anywhere_says_so(path: Path, how: str) -> None:
    out = packed(path, how)
    whole = out.read_bytes()

    def found() -> list[bytes | str]:
        said: list[bytes | str] = []
        for entry in walk_archive(out):
            try:
                said.append(read(entry))
            except InputError as error:
                said.append(error.code)
        return said

    everything = found()
    for length in range(6, len(whole) - 1, 13):
        out.write_bytes(whole[:length])
        said = found()
        # What is cut behind the last member costs nothing.
        assert said == everything or {"archive_damaged", "not_an_archive"} & {*map(str, said)}, length


def test_a_compressed_tar_that_inflates_beyond_any_photo_is_a_bomb(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bomb.tar", "w") as archive:
        for number in range(5):
            add(archive, f"{number}.jpg", bytes(10_000_000))
    errors = [entry.error for entry in walk_archive(packed(tmp_path / "bomb.tar", "gz"))]
    assert errors[-1] == "archive_too_large" and errors.count(None) < 5


def test_another_compressed_file_is_no_archive(tmp_path: Path) -> None:
    (tmp_path / "faces.csv.gz").write_bytes(gzip.compress(b"photo,label\n" * 100))
    assert [entry.error for entry in walk_archive(tmp_path / "faces.csv.gz")] == ["not_an_archive"]
