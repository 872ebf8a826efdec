"""Walk a compressed tar, such as `.tar.gz`, in one pass: nothing in it can be looked up."""

import bz2
import gzip
import lzma
import tarfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, cast

from core.errors import InputError
from core.library.files.tar import TarMember, holds_tar, refusal_of

_OPENERS: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
#: Raised by the decompressors and by tarfile on damaged data.
_DAMAGE = (tarfile.TarError, OSError, EOFError, zlib.error, lzma.LZMAError, ValueError, OverflowError)


class PackedStream:
    """Bytes of the member that the walk has reached; InputError archive_damaged where they end too early."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file, self._left = file, size

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; all remaining bytes where it is negative."""
        wanted = self._left if size < 0 else min(size, self._left)
        try:
            data = self._file.read(wanted)
        except _DAMAGE as error:
            raise InputError("archive_damaged", "The archive is damaged at this member.") from error
        self._left -= len(data)
        if len(data) < wanted:
            raise InputError("archive_damaged", "The member is cut off inside the archive.")
        return data

    def close(self) -> None:
        """Let go of the member."""
        self._file.close()


def is_packed_tar(path: Path) -> bool:
    """Whether the file is a tar that gzip, bzip2 or xz has compressed; False where it cannot be read."""
    try:
        with _unpacked(path) as unpacked:
            return holds_tar(unpacked)
    except _DAMAGE:
        return False


def _unpacked(path: Path) -> IO[bytes]:
    """The file without its compression; ValueError for another one."""
    with path.open("rb") as file:
        start = file.read(6)
    for magic, opener in _OPENERS.items():
        if start.startswith(magic):
            return cast(IO[bytes], opener(path))
    raise ValueError("not a compressed file")


def walk_packed_tar(
    path: Path, *, max_members: int, max_member_bytes: int, max_total_bytes: int
) -> Iterator[tuple[TarMember, PackedStream | None]]:
    """Every file in the archive's order, with its bytes, which are to be read before the next one.

    Refused members have the codes of `walk_tar` and no bytes. Past `max_total_bytes` of all members the walk
    ends with a member without a name whose code is archive_too_large.
    """
    seen: set[bytes] = set()
    count = total = 0
    try:
        # Not tarfile's own decompression, which takes a file that is cut off for one that ends.
        with _unpacked(path) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as archive:
            while (info := archive.next()) is not None:
                count, total = count + 1, total + info.size
                if count > max_members or total > max_total_bytes:
                    code = "archive_too_many_members" if count > max_members else "archive_too_large"
                    yield TarMember(name=b"", offset=0, size=0, error=code), None
                    return
                if info.isdir():
                    continue
                name = info.name.encode("utf-8", "surrogateescape").removeprefix(b"./")
                error = refusal_of(info, name, None, max_member_bytes)
                error = error or ("archive_duplicate" if name in seen else None)
                seen.add(name)
                member = TarMember(name=name, offset=0, size=info.size, error=error)
                file = archive.extractfile(info) if error is None else None
                yield member, None if file is None else PackedStream(file, info.size)
                # A stream goes forwards only, and would keep every member that it has passed.
                archive.members = []  # type: ignore[attr-defined]
    except _DAMAGE:
        yield TarMember(name=b"", offset=0, size=0, error="archive_damaged"), None
