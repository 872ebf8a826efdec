"""Write a report file atomically: the input of its writer, and the replacement of the file."""

import errno
import hashlib
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Any, Protocol

from core.errors import MaskloopError, PermanentError, TransientError
from core.results.reports.rows import JobView, PhotoRow
from core.results.reports.summary import Summary

#: Returns the bytes of a photo's file; raises MaskloopError such as file_gone or photo_changed.
OpenBytes = Callable[[PhotoRow], bytes]


_BUFFER_BYTES = 1 << 20


#: No space, over quota, or over the size limit of process or file system.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, kw_only=True)
class Output:
    """The file to write and its data."""

    file: BufferedWriter
    job: JobView
    #: Rows are added to `summary` as the writer reads them.
    rows: Iterator[PhotoRow]
    #: Complete once all `rows` are read.
    summary: Summary
    open_bytes: OpenBytes | None = None


class FormatWriter(Protocol):
    """Writes all rows of an output in one format."""

    def __call__(self, output: Output, /) -> int:
        """Write the rows; returns how many the file has."""
        ...


class _NamedErrorsFile(FileIO):
    """A file that raises Maskloop's errors when a write fails."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as error:
            raise write_error(error, Path(os.fsdecode(self.name))) from error


@contextmanager
def replace_file(out: Path) -> Iterator[BufferedWriter]:
    """A seekable binary file that replaces `out` when the block ends without an error.

    On an error, and in what a killed writer leaves, `out` stays as it was; leftovers of killed writers are
    removed by the next one. Raises TransientError disk_full, PermanentError report_not_written.
    """
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(out)
        raw = _NamedErrorsFile(part, "xb+")
    except OSError as error:
        raise write_error(error, out) from error
    try:
        yield from _written(raw)
        _put_in_place(part, out)
    finally:
        raw.close()
        part.unlink(missing_ok=True)


def digest_of(path: Path) -> str:
    """SHA-256 of the file on disk."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_error(error: OSError, path: Path) -> MaskloopError:
    """An error of the file system as a MaskloopError."""
    if error.errno in _FULL:
        return TransientError("disk_full", f"There is no room left to write {path.name} in {path.parent}.")
    return PermanentError("report_not_written", f"{path.name} cannot be written: {error.strerror or error}.")


def _written(raw: _NamedErrorsFile) -> Iterator[BufferedWriter]:
    file: BufferedWriter = BufferedWriter(raw, _BUFFER_BYTES)
    try:
        yield file
        file.flush()
        _sync(raw)
    finally:
        # Not `file.close()`: after a failed write it would try to write the same bytes once more.
        raw.close()


def _sync(raw: _NamedErrorsFile) -> None:
    try:
        os.fsync(raw.fileno())
    except OSError as error:
        raise write_error(error, Path(os.fsdecode(raw.name))) from error


def _put_in_place(part: Path, out: Path) -> None:
    try:
        os.replace(part, out)
        folder = os.open(out.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise write_error(error, out) from error


def _remove_leftovers(out: Path) -> None:
    prefix = f".{out.name}."
    for path in out.parent.iterdir():
        if path.name.startswith(prefix) and path.name.endswith(".part"):
            path.unlink(missing_ok=True)
