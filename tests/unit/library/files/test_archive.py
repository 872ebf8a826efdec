"""Archives: good members come through, each bad one is an entry with its code, bombs stay small."""

import os
import random
import struct
import tracemalloc
import zipfile
from pathlib import Path

import pytest

from core.errors import InputError
from core.library.files.archive import ArchiveLimits, walk_archive
from core.library.files.folder import WalkTally
from core.library.files.skipping import SkippedNames

Found = list[tuple[str, str | None]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "photos.zip"


def pack(path: Path, members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> None:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)


def walk(path: Path, limits: ArchiveLimits | None = None) -> Found:
    """(name, code) of every entry; streams are read to their end and may fail then."""
    found: Found = []
    for entry in walk_archive(path, limits):
        error = entry.error
        if entry.stream is not None:
            try:
                while entry.stream.read(65536):
                    pass
            except InputError as caught:
                error = caught.code
        found.append((entry.name, error))
    return found


def test_good_members_come_in_order(path: Path) -> None:
    pack(path, {"b.jpg": b"bb", "a.png": b"aaa", "sub/c.heic": b"c", "notes.txt": b"", ".x/d.jpg": b"d"})
    tally = WalkTally()
    found = []
    for entry in walk_archive(path, tally=tally):
        assert entry.stream is not None
        found.append((entry.relative, entry.size, entry.stream.read()))
    assert found == [(b"b.jpg", 2, b"bb"), (b"a.png", 3, b"aaa"), (b"sub/c.heic", 1, b"c")]
    assert tally == WalkTally(photos=3, skipped=SkippedNames(not_photos=1, hidden=1))


@pytest.mark.parametrize(
    "name", ["../a.jpg", "x/../../a.jpg", "/a.jpg", "C:/a.jpg", "..\\a.jpg", "\\\\host\\a.jpg"]
)
def test_paths_that_lead_outside(path: Path, name: str) -> None:
    pack(path, {name: b"x", "good.jpg": b"x"})
    (_, code), good = walk(path)
    assert code == "archive_path_outside"
    assert good == ("good.jpg", None)


def test_nested_archives_are_named_not_opened(path: Path) -> None:
    pack(path, {"inner.zip": b"PK", "more.tar.gz": b"x", "good.jpg": b"x"})
    nested = [("inner.zip", "archive_nested"), ("more.tar.gz", "archive_nested")]
    assert walk(path) == [*nested, ("good.jpg", None)]


def flag_member(path: Path, name: bytes, *, flags: int = 0, method: int | None = None) -> None:
    """Set general purpose flags or the method of one member, in both of its headers."""
    data = bytearray(path.read_bytes())
    for signature, flag_at, name_at in ((b"PK\3\4", 6, 30), (b"PK\1\2", 8, 46)):
        at = data.find(signature)
        while data[at + name_at : at + name_at + len(name)] != name:
            at = data.find(signature, at + 4)
        struct.pack_into("<H", data, at + flag_at, struct.unpack_from("<H", data, at + flag_at)[0] | flags)
        if method is not None:
            struct.pack_into("<H", data, at + flag_at + 2, method)
    path.write_bytes(data)


def test_encrypted_members(path: Path) -> None:
    pack(path, {"secret.jpg": b"x" * 100, "good.jpg": b"x"})
    flag_member(path, b"secret.jpg", flags=1)
    assert walk(path) == [("secret.jpg", "archive_encrypted"), ("good.jpg", None)]


def test_methods_that_are_not_read(path: Path) -> None:
    pack(path, {"odd.jpg": b"x" * 100, "good.jpg": b"x"})
    flag_member(path, b"odd.jpg", method=99)
    assert walk(path) == [("odd.jpg", "archive_method_not_supported"), ("good.jpg", None)]


def test_links_are_not_followed(path: Path) -> None:
    link = zipfile.ZipInfo("link.jpg")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert walk(path) == [("link.jpg", "archive_link")]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_duplicate_members(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jpg", b"first")
        archive.writestr("a.jpg", b"second")
    assert walk(path) == [("a.jpg", None), ("a.jpg", "archive_duplicate")]


def test_overlapping_members(path: Path) -> None:
    """The directory names the same bytes three times under different names."""
    pack(path, {"0.jpg": b"x" * 999}, zipfile.ZIP_STORED)
    data = path.read_bytes()
    start = data.index(b"PK\1\2")
    end = data.index(b"PK\5\6")
    directory = b"".join(data[start:end].replace(b"0.jpg", b"%d.jpg" % number) for number in range(3))
    tail = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 3, 3, len(directory), start, 0)
    path.write_bytes(data[:start] + directory + tail)
    codes = [code for _, code in walk(path)]
    # The last of the three bears another name than the bytes it points at.
    assert codes == ["archive_overlapping", "archive_overlapping", "archive_damaged"]


def declare(path: Path, size: int) -> None:
    """Make the only member declare `size` bytes in both of its headers."""
    data = bytearray(path.read_bytes())
    struct.pack_into("<L", data, data.index(b"PK\3\4") + 22, size)
    struct.pack_into("<L", data, data.index(b"PK\1\2") + 24, size)
    path.write_bytes(data)


def test_a_declared_size_of_gigabytes_is_refused_without_opening(path: Path) -> None:
    pack(path, {"huge.jpg": b"small"})
    declare(path, 4_000_000_000)
    assert walk(path) == [("huge.jpg", "archive_too_large")]


def test_a_declared_size_of_10_gb_in_zip64(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive, archive.open("huge.jpg", "w", force_zip64=True) as member:
        member.write(b"small")
    data = bytearray(path.read_bytes())
    at = data.index(b"PK\1\2")
    claim = struct.pack("<HHQQ", 1, 16, 10 * 1024**3, 5)
    struct.pack_into("<LL", data, at + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", data, at + 30, len(claim))
    name_end = at + 46 + len("huge.jpg")
    grown = data[:name_end] + claim + data[data.index(b"PK\5\6") :]
    struct.pack_into("<L", grown, grown.index(b"PK\5\6") + 12, name_end + len(claim) - at)
    path.write_bytes(grown)
    assert walk(path) == [("huge.jpg", "archive_too_large")]


def test_a_bomb_is_recognised_by_its_ratio(path: Path) -> None:
    pack(path, {"bomb.bmp": bytes(50_000_000), "good.jpg": b"x"})
    assert walk(path) == [("bomb.bmp", "archive_too_large"), ("good.jpg", None)]


def test_a_member_larger_than_declared(path: Path) -> None:
    pack(path, {"liar.jpg": os.urandom(500_000)})
    declare(path, 1000)
    assert walk(path) == [("liar.jpg", "archive_damaged")]


def test_limits_of_members_and_of_the_whole(path: Path) -> None:
    pack(path, {f"{number}.jpg": os.urandom(1000) for number in range(4)})
    limits = ArchiveLimits(max_member_bytes=999)
    assert {code for _, code in walk(path, limits)} == {"archive_too_large"}
    codes = [code for _, code in walk(path, ArchiveLimits(max_total_bytes=2500))]
    assert codes == [None, None, "archive_too_large", "archive_too_large"]
    assert walk(path, ArchiveLimits(max_members=3)) == [("", "archive_too_many_members")]


def test_memory_of_a_large_member_stays_small(path: Path) -> None:
    pack(path, {"large.tiff": os.urandom(20_000_000)}, zipfile.ZIP_STORED)
    tracemalloc.start()
    assert walk(path) == [("large.tiff", None)]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_damaged_member_does_not_affect_the_others(path: Path) -> None:
    pack(path, {"a.jpg": os.urandom(5000), "b.jpg": os.urandom(5000), "c.jpg": b"x"}, zipfile.ZIP_STORED)
    data = bytearray(path.read_bytes())
    data[data.index(b"b.jpg") + 2000] ^= 0xFF
    path.write_bytes(data)
    assert walk(path) == [("a.jpg", None), ("b.jpg", "archive_damaged"), ("c.jpg", None)]


def test_broken_local_header(path: Path) -> None:
    pack(path, {"a.jpg": b"x" * 50, "b.jpg": b"y"})
    path.write_bytes(path.read_bytes().replace(b"PK\3\4", b"PK\7\7", 1))
    assert walk(path) == [("a.jpg", "archive_damaged"), ("b.jpg", None)]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.999])
def test_truncated_archive(path: Path, share: float) -> None:
    pack(path, {f"{number}.jpg": os.urandom(3000) for number in range(5)})
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    assert walk(path) == [("", "archive_damaged")]


def test_files_that_are_not_archives(path: Path) -> None:
    assert walk(path) == [("", "file_gone")]
    path.write_bytes(b"")
    assert walk(path) == [("", "empty_file")]
    path.write_bytes(b"\xff\xd8\xff" + bytes(5000))
    assert walk(path) == [("", "not_an_archive")]
    assert walk(path.parent) == [("", "file_unreadable")]


def test_empty_archive_has_no_entries(path: Path) -> None:
    pack(path, {})
    assert walk(path) == []


def test_names_in_every_encoding(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("口罩.jpg", b"x")
        archive.writestr("plain.jpg", b"x")
        archive.writestr("XXXX.jpg", b"x")
        archive.writestr("YYYYYY.jpg", b"x")
    data = path.read_bytes()
    data = data.replace(b"XXXX", b"caf\x82")  # code page 437, no flag
    data = data.replace(b"YYYYYY", "口罩".encode())  # UTF-8 without the flag
    path.write_bytes(data)
    assert [name for name, _ in walk(path)] == ["口罩.jpg", "plain.jpg", "café.jpg", "口罩.jpg"]


def test_fuzzed_archives_never_raise(path: Path) -> None:
    pack(path, {"a.jpg": os.urandom(300), "b.png": b"y" * 3000, "../c.gif": b"z"})
    whole = path.read_bytes()
    chance = random.Random(1)
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(chance.choice((1, 2, 8))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        path.write_bytes(data[: chance.randrange(len(data))] if chance.random() < 0.2 else data)
        for _, code in walk(path):
            assert code is None or code.isidentifier()


def test_members_are_counted_before_any_is_kept_in_memory(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the end of the zip says less or is in 64 bits, and where something stands before it."""
    pack(path, {f"{number}.jpg": b"x" for number in range(4)})
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\x05\x06")
    struct.pack_into("<HH", data, end + 8, 1, 1)
    directory, size = struct.unpack_from("<I", data, end + 16)[0], struct.unpack_from("<I", data, end + 12)[0]
    end64 = struct.pack("<4sQHHIIQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 4, 4, size, directory)
    locator = struct.pack("<4sIQI", b"PK\x06\x07", 0, end, 1)
    in_64_bits = bytearray(data[:end] + end64 + locator + data[end:])
    struct.pack_into("<I", in_64_bits, len(in_64_bits) - 22 + 12, 0xFFFFFFFF)
    opened: list[object] = []
    original = zipfile.ZipFile
    monkeypatch.setattr(zipfile, "ZipFile", lambda *given: opened.append(given) or original(*given))
    for variant in (bytes(data), bytes(in_64_bits), b"#!/bin/sh\n" + bytes(data)):
        path.write_bytes(variant)
        assert walk(path, ArchiveLimits(max_members=3)) == [("", "archive_too_many_members")]
        assert not opened
        assert [code for _, code in walk(path, ArchiveLimits(max_members=4))] == [None] * 4
        opened.clear()
