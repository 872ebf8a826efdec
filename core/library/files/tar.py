"""Walk the photos of a plain tar file, as WebDataset writes them; a bad member does not affect the others."""

import stat
import tarfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from core.errors import InputError

_MAGIC_AT = 257
_MAGIC = b"ustar"


@dataclass(frozen=True, kw_only=True)
class TarMember:
    """A member: its path as UTF-8, where its bytes are, and the code of why it is not opened, else None."""

    name: bytes
    offset: int
    size: int
    error: str | None


class TarStream:
    """Bytes of one member. Reading raises InputError archive_damaged where the file ends too early."""

    def __init__(self, path: Path, member: TarMember) -> None:
        self._file = path.open("rb")
        self._file.seek(member.offset)
        self._left = member.size

    def read(self, size: int = -1, /) -> bytes:
        """Up to `size` bytes; all remaining bytes where it is negative."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted)
        self._left -= len(data)
        if len(data) < wanted:
            raise InputError("archive_damaged", "The member is cut off inside the archive.")
        return data

    def close(self) -> None:
        """Close the file of the archive."""
        self._file.close()


def is_tar(path: Path) -> bool:
    """Whether the file begins as a tar that is not compressed does; False where it cannot be read."""
    try:
        with path.open("rb") as file:
            return holds_tar(file)
    except OSError:
        return False


def holds_tar(file: IO[bytes]) -> bool:
    """Whether an open file begins as a tar does."""
    return file.read(_MAGIC_AT + len(_MAGIC))[_MAGIC_AT:] == _MAGIC


def walk_tar(path: Path, *, max_members: int, max_member_bytes: int) -> Iterator[TarMember]:
    """Every file in the archive's order; folders are left out.

    A refused one has the code archive_path_outside, archive_link, archive_method_not_supported,
    archive_too_large, archive_too_many_members, archive_duplicate or archive_damaged. A damaged archive ends
    with a member without a name that says so.
    """
    seen: set[bytes] = set()
    end = path.stat().st_size
    try:
        with closing(tarfile.open(path, "r:")) as archive:
            count = 0
            while (info := archive.next()) is not None:
                count += 1
                if count > max_members:
                    yield TarMember(name=b"", offset=0, size=0, error="archive_too_many_members")
                    return
                if info.isdir():
                    continue
                name = info.name.encode("utf-8", "surrogateescape").removeprefix(b"./")
                error = refusal_of(info, name, end, max_member_bytes)
                error = error or ("archive_duplicate" if name in seen else None)
                seen.add(name)
                yield TarMember(name=name, offset=info.offset_data, size=info.size, error=error)
    # tarfile raises all of these on damaged headers.
    except (tarfile.TarError, OSError, ValueError, EOFError, OverflowError):
        yield TarMember(name=b"", offset=0, size=0, error="archive_damaged")


def refusal_of(info: tarfile.TarInfo, name: bytes, end: int | None, max_member_bytes: int) -> str | None:
    """The code of why a member is not opened, else None; `end` is the size of the file, if it is known."""
    if name.startswith(b"/") or b".." in name.split(b"/"):
        return "archive_path_outside"
    if info.issym() or info.islnk():
        return "archive_link"
    # A sparse file has more bytes than the archive has of it; the others are devices.
    if not info.isreg() or info.issparse() or stat.S_ISLNK(info.mode):
        return "archive_method_not_supported"
    if info.size > max_member_bytes:
        return "archive_too_large"
    is_cut = end is not None and info.offset_data + info.size > end
    return "archive_damaged" if is_cut else None
