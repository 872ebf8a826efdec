"""Store photos by the SHA-256 of their bytes, one copy each, written atomically."""

import errno
import hashlib
import os
import re
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from core.errors import InputError, TransientError

_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = "incoming"


class ByteSource(Protocol):
    """Source of a photo's bytes: an open file, an upload, a member of an archive."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; empty at the end."""
        ...


@dataclass(frozen=True, kw_only=True)
class StoredPhoto:
    """One photo in the store."""

    #: 64 lower-case hexadecimal digits.
    sha256: str
    bytes: int
    path: Path


class PhotoStore:
    """A folder of photos with paths `ab/cd/abcd...`; safe for concurrent writers and when one is killed.

    Bytes are written to a temporary file, synced and renamed, so a photo's path never holds a partial file.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, sha256: str) -> Path:
        """Path of that photo, stored or not. Raises ValueError for anything but a SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 in lower-case hexadecimal digits: {sha256!r}")
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def open(self, sha256: str) -> BinaryIO:
        """The photo's bytes as an open file. Raises InputError: photo_not_stored."""
        try:
            return self.path_of(sha256).open("rb")
        except FileNotFoundError as error:
            raise InputError("photo_not_stored", f"No photo {sha256} is stored.") from error

    def put(self, stream: ByteSource, *, max_bytes: int) -> StoredPhoto:
        """Store a photo; one that is already stored stays as it is.

        Raises InputError: empty_file, photo_too_large_bytes. Raises TransientError: disk_full,
        store_write_failed. Exceptions of `stream` are passed on.
        """
        temporary = self._temporary_path()
        descriptor = _create(temporary)
        try:
            digest, size = _receive(stream, descriptor, max_bytes)
            if size == 0:
                raise InputError("empty_file", "The file is empty.")
            final = self.path_of(digest)
            _settle(temporary, final)
            return StoredPhoto(sha256=digest, bytes=size, path=final)
        finally:
            temporary.unlink(missing_ok=True)

    def adopt(self, path: Path, sha256: str) -> Path:
        """Move a synced file of the same disk into the store; one that is already stored stays as it is.

        Raises TransientError: disk_full, store_write_failed.
        """
        final = self.path_of(sha256)
        _settle(path, final)
        path.unlink(missing_ok=True)
        return final

    def _temporary_path(self) -> Path:
        return self.folder / _TEMPORARY / f"{os.getpid()}-{secrets.token_hex(8)}"

    def sweep_temporary(self, older_than: float) -> int:
        """Remove files of killed writers that are `older_than` seconds old; returns their number."""
        limit = time.time() - older_than
        removed = 0
        for left in (self.folder / _TEMPORARY).glob("*"):
            try:
                if left.stat().st_mtime < limit:
                    left.unlink()
                    removed += 1
            except FileNotFoundError:
                continue  # The writer has just finished.
        return removed


def _create(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o640)
    except OSError as error:
        raise named_error(error) from error


def _receive(stream: ByteSource, descriptor: int, max_bytes: int) -> tuple[str, int]:
    """Write the stream to the file, sync and close it; returns SHA-256 and length."""
    digest, size = hashlib.sha256(), 0
    try:
        while chunk := stream.read(_CHUNK):
            size += len(chunk)
            if size > max_bytes:
                raise InputError("photo_too_large_bytes", f"The file has more than {max_bytes:,} bytes.")
            digest.update(chunk)
            write_all(descriptor, chunk)
        _sync(descriptor)
    finally:
        os.close(descriptor)
    return digest.hexdigest(), size


def write_all(descriptor: int, chunk: bytes) -> None:
    """Write all bytes at the descriptor's position. Raises TransientError disk_full, store_write_failed."""
    view = memoryview(chunk)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
    except OSError as error:
        raise named_error(error) from error


def _sync(descriptor: int) -> None:
    try:
        os.fsync(descriptor)
    except OSError as error:
        raise named_error(error) from error


def _settle(temporary: Path, final: Path) -> None:
    """Rename into place and sync the folder, so that the name survives a power failure too."""
    try:
        if final.exists():
            # Fresh again for whoever sweeps files that nobody asked for.
            os.utime(final)
            return
        final.parent.mkdir(parents=True, exist_ok=True)
        os.replace(temporary, final)
        folder = os.open(final.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise named_error(error) from error


def named_error(error: OSError) -> TransientError:
    """The error of a disk as ours: disk_full or store_write_failed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return TransientError("disk_full", "The disk of the data folder is full, or its quota is used up.")
    return TransientError("store_write_failed", f"The file could not be written: {error.strerror}.")
