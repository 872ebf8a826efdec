"""A zip that is written piece by piece, and goes on where it was last kept.

Memory holds one entry, however many there are: the list of entries, which a zip has at its end, grows in a
file of its own, and so do the lines of files that are complete only at the end ("spools").
The format is that of PKWARE's APPNOTE 6.3.10, with its Zip64 records.
"""

import os
import shutil
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BufferedRandom
from pathlib import Path
from types import TracebackType
from typing import Self

from core.results.reports.report_file import write_error

_LOCAL, _CENTRAL, _END, _END64, _LOCATOR = 0x04034B50, 0x02014B50, 0x06054B50, 0x06064B50, 0x07064B50
_STORED, _DEFLATED = 0, 8
#: Names are UTF-8.
_FLAGS = 0x800
#: 1980-01-01: the same content gives the same bytes.
_TIME, _DATE = 0, 0x21
_VERSION64 = 45
_FULL, _MANY = 0xFFFFFFFF, 0xFFFF
_CHUNK = 1 << 20
_ZIP, _DIRECTORY, _ENTRIES = "zip", "directory", "entries"


def is_whole(folder: Path, kept: Mapping[str, int]) -> bool:
    """Whether the files in the folder have at least what was kept of them; a new export needs none."""
    files = {name: size for name, size in kept.items() if name != _ENTRIES}
    try:
        return all((folder / f"{name}.part").stat().st_size >= size for name, size in files.items())
    except FileNotFoundError:
        return False


def take_over(before: Path, folder: Path, kept: Mapping[str, int]) -> None:
    """Copy what was kept into a folder of one's own, and delete the other.

    Its worker may only be frozen: when it wakes up it still writes, and must not write into these files.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in kept.keys() - {_ENTRIES}:
            shutil.copyfile(before / f"{name}.part", folder / f"{name}.part")
        shutil.rmtree(before, ignore_errors=True)
    except OSError as error:
        raise write_error(error, folder) from error


@dataclass(frozen=True, kw_only=True)
class _Entry:
    name: bytes
    method: int
    crc: int
    packed: int
    size: int


class ExportArchive:
    """Writes a zip in `folder`; `kept` is what `keep` returned last, and whatever came after it is dropped.

    Errors of the disk are raised as TransientError disk_full or PermanentError report_not_written.
    """

    def __init__(self, folder: Path, kept: Mapping[str, int]) -> None:
        self.folder, self._kept = folder, dict(kept)
        self._entries = self._kept.pop(_ENTRIES, 0)
        self._open: dict[str, BufferedRandom] = {}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for path in folder.glob("*.part"):
                if path.stem not in self._kept:
                    path.unlink()
        except OSError as error:
            raise write_error(error, folder) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        for file in self._open.values():
            # Not `close` alone: after a failed write it would try to write the same bytes once more.
            file.raw.close()

    def add(self, name: str, data: bytes, *, packed: bool = True) -> None:
        """Add a file; `packed` deflates it, which does nothing for pictures."""
        self.add_pieces(name, iter((data,)), packed=packed)

    def add_pieces(self, name: str, pieces: Iterable[bytes], *, packed: bool = True) -> None:
        """Add a file of any size, piece by piece."""
        file = self._file(_ZIP)
        start, method = file.tell(), _DEFLATED if packed else _STORED
        encoded = name.encode("utf-8", "backslashreplace")
        self._write(_ZIP, _local_header(_Entry(name=encoded, method=method, crc=0, packed=0, size=0)))
        before = file.tell()
        crc, size = self._write_pieces(pieces, method)
        end = file.tell()
        entry = _Entry(name=encoded, method=method, crc=crc, packed=end - before, size=size)
        file.seek(start)
        self._write(_ZIP, _local_header(entry))
        file.seek(end)
        self._write(_DIRECTORY, _central_header(entry, start))
        self._entries += 1

    def write_line(self, spool: str, data: bytes) -> None:
        """Append bytes to a spool, a file beside the zip; its name is a plain word."""
        self._write(spool, data)

    def read_spool(self, spool: str) -> Iterator[bytes]:
        """The bytes of a spool so far, piece by piece; nothing if it was never written."""
        file = self._file(spool)
        file.flush()
        with Path(file.name).open("rb") as reader:
            while piece := reader.read(_CHUNK):
                yield piece

    def spool_size(self, spool: str) -> int:
        """Bytes in a spool so far; 0 if it was never written."""
        return self._open[spool].tell() if spool in self._open else self._kept.get(spool, 0)

    def spools(self) -> list[str]:
        """Names of all spools, in order."""
        known = {*self._open, *self._kept} - {_ZIP, _DIRECTORY}
        return sorted(known)

    def keep(self) -> dict[str, int]:
        """Bring everything to the disk; returns the sizes from which another process can go on."""
        try:
            for name, file in self._open.items():
                file.flush()
                os.fsync(file.fileno())
                self._kept[name] = file.tell()
        except OSError as error:
            raise write_error(error, self.folder) from error
        return {**self._kept, _ENTRIES: self._entries}

    def finish(self, out: Path) -> None:
        """Write the end of the zip and put it in place; the folder goes."""
        file = self._file(_ZIP)
        start = file.tell()
        for piece in self.read_spool(_DIRECTORY):
            self._write(_ZIP, piece)
        self._write(_ZIP, _end_records(self._entries, start, file.tell() - start))
        self.keep()
        try:
            out.parent.mkdir(parents=True, exist_ok=True)
            os.replace(file.name, out)
            shutil.rmtree(self.folder, ignore_errors=True)
        except OSError as error:
            raise write_error(error, out) from error

    def _write_pieces(self, pieces: Iterable[bytes], method: int) -> tuple[int, int]:
        """CRC and size of what the pieces hold."""
        packer = zlib.compressobj(wbits=-zlib.MAX_WBITS) if method == _DEFLATED else None
        crc = size = 0
        for piece in pieces:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            self._write(_ZIP, packer.compress(piece) if packer else piece)
        if packer:
            self._write(_ZIP, packer.flush())
        return crc, size

    def _write(self, name: str, data: bytes) -> None:
        file = self._file(name)
        try:
            file.write(data)
        except OSError as error:
            raise write_error(error, Path(file.name)) from error

    def _file(self, name: str) -> BufferedRandom:
        """The open file, cut to what was kept of it."""
        if name not in self._open:
            path = self.folder / f"{name}.part"
            try:
                path.touch()
                self._open[name] = file = path.open("r+b")
                file.truncate(self._kept.get(name, 0))
                file.seek(0, os.SEEK_END)
            except OSError as error:
                raise write_error(error, path) from error
        return self._open[name]


def _local_header(entry: _Entry) -> bytes:
    """Sizes stand in the Zip64 field, which is there from the start, since they are known only at the end."""
    fixed = struct.pack(
        "<IHHHHHIIIHH",
        *(_LOCAL, _VERSION64, _FLAGS, entry.method, _TIME, _DATE, entry.crc, _FULL, _FULL),
        *(len(entry.name), 20),
    )
    return fixed + entry.name + struct.pack("<HHQQ", 1, 16, entry.size, entry.packed)


def _central_header(entry: _Entry, start: int) -> bytes:
    fixed = struct.pack(
        "<IHHHHHHIIIHHHHHII",
        *(_CENTRAL, (3 << 8) | _VERSION64, _VERSION64, _FLAGS, entry.method, _TIME, _DATE, entry.crc),
        *(_FULL, _FULL, len(entry.name), 28, 0, 0, 0, 0o100644 << 16, _FULL),
    )
    return fixed + entry.name + struct.pack("<HHQQQ", 1, 24, entry.size, entry.packed, start)


def _end_records(entries: int, start: int, size: int) -> bytes:
    """The end of the directory: in 64 bits where it does not fit into the plain record, as readers expect."""
    few = min(entries, _MANY)
    plain = struct.pack("<IHHHHIIH", _END, 0, 0, few, few, min(size, _FULL), min(start, _FULL), 0)
    if entries < _MANY and size < _FULL and start < _FULL:
        return plain
    end64 = struct.pack(
        "<IQHHIIQQQQ", _END64, 44, (3 << 8) | _VERSION64, _VERSION64, 0, 0, entries, entries, size, start
    )
    return end64 + struct.pack("<IIQI", _LOCATOR, 0, start + size, 1) + plain
