"""Write a report file atomically: the input of its writer, and the replacement of the file."""

import errno
import hashlib
import os
import secrets
import shutil
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedWriter, FileIO
from pathlib import Path
from typing import Any

from core.errors import MaskloopError, PermanentError, TransientError
from core.evidence.contents import PackContents
from core.library.pictures.anonymise import Cover
from core.results.reports.rows import JobView, PhotoRow
from core.results.reports.shares_view import ReadShares
from core.results.reports.summary import Summary
from models.report import ReportFormat

#: Returns the bytes of a photo's file; raises MaskloopError such as file_gone or photo_changed.
OpenBytes = Callable[[PhotoRow], bytes]

#: Returns what hides the faces of a photo, empty where nothing is to be hidden.
ReadCovers = Callable[[PhotoRow], tuple[Cover, ...]]


def no_covers(_photo: PhotoRow) -> tuple[Cover, ...]:
    """Nothing is hidden."""
    return ()


_BUFFER_BYTES = 1 << 20


#: No space, over quota, or over the size limit of process or file system.
_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


@dataclass(frozen=True, kw_only=True)
class WrittenReport:
    """A finished report file."""

    path: Path
    bytes: int
    sha256: str
    #: Number of faces in formats of faces, else of files of the job.
    rows: int
    summary: Summary


#: Reads what an evidence pack holds besides its rows, when its writer asks for it.
ReadContents = Callable[[], PackContents]


@dataclass(frozen=True, kw_only=True)
class Output:
    """The file to write, and the data that does not come row by row."""

    file: BufferedWriter
    job: JobView
    #: Complete when the writer is asked to finish.
    summary: Summary
    open_bytes: OpenBytes | None = None
    read_covers: ReadCovers = no_covers
    #: For files that show corrected shares; None where the job has no database.
    read_shares: ReadShares | None = None
    #: For an evidence pack.
    read_contents: ReadContents | None = None
    #: The files that this pass has finished so far.
    finished: Mapping[ReportFormat, WrittenReport] = field(default_factory=dict)


class FormatWriter(ABC):
    """Writes one format. It gets one row at a time, so that one pass over the rows writes every format."""

    def __init__(self, output: Output) -> None:
        self.output = output
        #: Rows that the file has so far.
        self.rows = 0

    @abstractmethod
    def add(self, photo: PhotoRow) -> None:
        """Write one file of the job with its faces."""

    def finish(self) -> None:  # noqa: B027 - most formats end with their last row
        """Write what follows the rows."""

    def close(self) -> None:  # noqa: B027 - most formats hold nothing
        """Let go of everything but the output's file; also after an error."""


class _NamedErrorsFile(FileIO):
    """A file that raises Maskloop's errors when a write fails."""

    def __init__(self, path: Path, mode: str, on_write: Callable[[], None]) -> None:
        super().__init__(path, mode)
        self._on_write = on_write

    def write(self, data: Any, /) -> int:
        self._on_write()
        try:
            return super().write(data)
        except OSError as error:
            raise write_error(error, Path(os.fsdecode(self.name))) from error


@contextmanager
def replace_file(out: Path, *, on_write: Callable[[], None] = lambda: None) -> Iterator[BufferedWriter]:
    """A seekable binary file that replaces `out` when the block ends without an error.

    `on_write` is called for each megabyte before it is written; what it raises stops the writing.
    On an error, and in what a killed writer leaves, `out` stays as it was; leftovers of killed writers are
    removed by the next one. Raises TransientError disk_full, PermanentError report_not_written.
    """
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        _remove_leftovers(out)
        raw = _NamedErrorsFile(part, "xb+", on_write)
    except OSError as error:
        raise write_error(error, out) from error
    try:
        yield from _written(raw)
        _put_in_place(part, out)
    finally:
        raw.close()
        part.unlink(missing_ok=True)


def temporary_folder(part: Path) -> Path:
    """A folder beside the unfinished file `part`, which goes with it where a killed writer leaves them."""
    name = part.name.rsplit(".", 2)[0]
    try:
        return Path(tempfile.mkdtemp(prefix=f"{name}.", suffix=".part", dir=part.parent))
    except OSError as error:
        raise write_error(error, part) from error


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
        if not (path.name.startswith(prefix) and path.name.endswith(".part")):
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
