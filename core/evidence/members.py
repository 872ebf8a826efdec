"""The files of one zip from an unknown hand, read in chunks; nothing is unpacked."""

import hashlib
import os
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, BinaryIO, Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile, ZipInfo

from core.errors import InputError

#: A pack has about fifteen files.
_MOST_MEMBERS = 1_000
#: Unpacked bytes, as a multiple of the pack's; reports compress to a tenth or so.
_MOST_UNPACKED = 200
#: What small packs may unpack to however well they compress.
_ALWAYS_ALLOWED = 64 << 20
_CHUNK = 1 << 20
#: Bit of a file whose sizes follow its content, in at most so many bytes.
_HAS_DESCRIPTOR, _DESCRIPTOR = 1 << 3, 24
_END_OF_DIRECTORY, _NO_COMMENT = b"PK\x05\x06", b"\0\0"
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)*")
#: What `zipfile` raises for damaged or hostile zips.
_DAMAGE = (BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, OverflowError)


class MemberDamaged(Exception):
    """A file of the zip that cannot be read; the message says why."""


class Members:
    """The files of a zip by name.

    Raises InputError pack_not_found, pack_unreadable, or pack_hostile for a zip made to exhaust its reader.
    """

    def __init__(self, path: Path) -> None:
        self._file = _open(path)
        try:
            self._zip = ZipFile(self._file)
            # A name with a slash at its end is a folder, as `zip -r` adds them; it holds nothing.
            self._infos = [
                info for info in self._zip.infolist() if not (info.is_dir() and not info.file_size)
            ]
            self._check_size(path.stat().st_size)
        except InputError:
            self._file.close()
            raise
        except _DAMAGE as error:
            self._file.close()
            message = f"{path} is not a zip, or its directory is damaged."
            raise InputError("pack_unreadable", message) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._file.close()

    @property
    def names(self) -> list[str]:
        """The names, each once, in the order of the zip."""
        return list(dict.fromkeys(info.filename for info in self._infos))

    @property
    def repeated(self) -> list[str]:
        """Names that occur more than once: programs differ in which of the files they show."""
        return [name for name, times in Counter(info.filename for info in self._infos).items() if times > 1]

    @property
    def is_padded(self) -> bool:
        """Whether bytes before, between or behind the files belong to none of them.

        Programs that read a zip from its beginning, and not by its directory, show files that lie there.
        """
        try:
            return not self._ends_with_directory() or any(self._gaps())
        except _DAMAGE:
            return True

    @property
    def unsafe(self) -> list[str]:
        """Names that could leave the folder into which a program unpacks them, or look like another."""
        return [name for name in self.names if not _SAFE_NAME.fullmatch(name)]

    def read(self, name: str, most: int) -> bytes:
        """The bytes of a small file; MemberDamaged, also if it has more than `most` bytes."""
        chunks, left = [], most
        for chunk in self._chunks(name):
            left -= len(chunk)
            if left < 0:
                raise MemberDamaged(f"it has more than {most} bytes")
            chunks.append(chunk)
        return b"".join(chunks)

    def digest(self, name: str) -> str:
        """SHA-256 of a file; MemberDamaged."""
        found = hashlib.sha256()
        for chunk in self._chunks(name):
            found.update(chunk)
        return found.hexdigest()

    def _chunks(self, name: str) -> Iterator[bytes]:
        info = self._info(name)
        if info.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise MemberDamaged("it is compressed by an unknown method")
        try:
            with self._zip.open(info) as file:
                yield from _read_chunks(file)
        except _DAMAGE as error:
            raise MemberDamaged(str(error) or type(error).__name__) from error

    def _info(self, name: str) -> ZipInfo:
        return next(info for info in reversed(self._infos) if info.filename == name)

    def _gaps(self) -> Iterator[bool]:
        """Whether there is a gap before each file, and before the directory."""
        end = most = 0
        for info in sorted(self._zip.infolist(), key=lambda each: each.header_offset):
            yield not 0 <= info.header_offset - end <= most
            self._file.seek(info.header_offset)
            name, extra = struct.unpack("<26xHH", self._file.read(30))
            end = info.header_offset + 30 + name + extra + info.compress_size
            most = _DESCRIPTOR if info.flag_bits & _HAS_DESCRIPTOR else 0
        yield not 0 <= self._zip.start_dir - end <= most

    def _ends_with_directory(self) -> bool:
        """Whether nothing follows the directory, not even the zip's comment."""
        self._file.seek(-len(_NO_COMMENT) - 20, os.SEEK_END)
        end = self._file.read()
        return end.startswith(_END_OF_DIRECTORY) and end.endswith(_NO_COMMENT)

    def _check_size(self, size: int) -> None:
        if len(self._infos) > _MOST_MEMBERS:
            raise InputError("pack_hostile", f"The zip has {len(self._infos)} files, more than any pack.")
        if sum(info.compress_size for info in self._infos) > size:
            raise InputError("pack_hostile", "Files of the zip overlap, as in a zip bomb.")
        unpacked = sum(info.file_size for info in self._infos)
        if unpacked > max(_MOST_UNPACKED * size, _ALWAYS_ALLOWED):
            raise InputError("pack_hostile", f"The zip would unpack to {unpacked} bytes, as a zip bomb does.")


def _open(path: Path) -> BinaryIO:
    """Raises InputError pack_not_found or pack_unreadable."""
    try:
        return path.open("rb")
    except FileNotFoundError as error:
        raise InputError("pack_not_found", f"There is no file {path}.") from error
    except OSError as error:
        raise InputError("pack_unreadable", f"{path} cannot be read: {error.strerror}.") from error


def _read_chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk
