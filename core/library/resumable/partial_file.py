"""What has arrived of a file: bytes on disk, written in order by one writer at a time."""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import InputError
from core.library.files.store import ByteSource, PhotoStore, named_error, write_all

#: Bytes read at a time, and bytes after which the disk is told to keep what it has.
_BLOCK, _SYNC_EVERY = 1 << 20, 64 << 20
_FOLDER = "partial"


class PartialFile:
    """One file that is still arriving. Made by `hold`, which keeps other writers out."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path, self._descriptor = path, descriptor

    @property
    def size(self) -> int:
        """Bytes on disk, of which those that are not noted may be lost."""
        return os.fstat(self._descriptor).st_size

    def write(self, stream: ByteSource, *, offset: int, most: int, note: Callable[[int], None]) -> int:
        """Write up to `most` bytes of the stream from an offset; returns the offset behind them.

        `note` is told the offset each time the disk has the bytes before it, also when reading or writing
        fails: what has arrived stays. Raises TransientError disk_full, store_write_failed; exceptions of
        `stream` are passed on.
        """
        noted, end = offset, offset + most
        os.lseek(self._descriptor, offset, os.SEEK_SET)
        try:
            while offset < end and (block := stream.read(min(_BLOCK, end - offset))):
                write_all(self._descriptor, block)
                offset += len(block)
                if offset - noted >= _SYNC_EVERY:
                    self._sync()
                    note(noted := offset)
        finally:
            if offset > noted:
                self._sync()
                note(offset)
        return offset

    def digest(self) -> str:
        """The SHA-256 of the bytes, 64 hexadecimal digits."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def store(self, store: PhotoStore, sha256: str) -> None:
        """Move the file into the store; it is complete."""
        store.adopt(self._path, sha256)

    def delete(self) -> None:
        """Delete the bytes."""
        self._path.unlink(missing_ok=True)

    def _sync(self) -> None:
        try:
            os.fsync(self._descriptor)
        except OSError as error:
            raise named_error(error) from error


def partial_path(store: PhotoStore, token: str, number: int) -> Path:
    """Where the bytes of a file of an upload are while it arrives."""
    return store.folder / _FOLDER / f"{token}-{number}"


def partial_size(path: Path) -> int:
    """Bytes on disk, 0 without a file."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@contextmanager
def hold(path: Path) -> Iterator[PartialFile]:
    """Keep other writers of the file out, of all processes; a killed one holds nothing.

    Raises InputError upload_file_locked if another writer has it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise named_error(error) from error
    try:
        _lock(descriptor, path)
        yield PartialFile(path, descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another writer may have moved or deleted it just before.
        own = os.path.samestat(os.fstat(descriptor), path.stat())
    except (BlockingIOError, FileNotFoundError):
        own = False
    if not own:
        raise InputError(
            "upload_file_locked", "Another request is writing this file; ask for its offset in a moment."
        )
