"""Store photos by the SHA-256 of their bytes, one copy each, written atomically."""

import errno
import hashlib
import os
import re
import secrets
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from core.errors import InputError, TransientError
from core.settings import Settings
from core.storage.copies import Copies
from core.storage.installation import open_copies, open_objects
from core.storage.objects import ObjectFolder

_CHUNK = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_TEMPORARY = "incoming"
_ASKED_AT_ONCE = 16


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


@dataclass(frozen=True, kw_only=True)
class Behind:
    """The object store that has the files, and this host's copies of them."""

    objects: ObjectFolder
    copies: Copies


class PhotoStore:
    """Files with keys `ab/cd/abcd...` in a folder; safe for concurrent writers and when one is killed.

    Bytes are written to a temporary file, synced and renamed, so a photo's path never holds a partial file.
    With `behind` the files are in an object store, which has each before its name appears on this host; the
    folder then holds only what is arriving.
    """

    def __init__(self, folder: Path, behind: Behind | None = None) -> None:
        self.folder, self._behind = folder, behind

    @property
    def root(self) -> Path:
        """The folder of the paths that `path_of` and `local` return."""
        return self.folder if self._behind is None else self._behind.copies.folder

    def path_of(self, sha256: str) -> Path:
        """Path of that photo on this host, there or not. Raises ValueError for anything but a SHA-256."""
        if not _SHA256.fullmatch(sha256):
            raise ValueError(f"not a SHA-256 in lower-case hexadecimal digits: {sha256!r}")
        return self.root / _key(sha256)

    def local(self, sha256: str) -> Path:
        """The same path, fetched where an object store has the file; nothing is there if no store has it."""
        path = self.path_of(sha256)
        if self._behind is not None:
            try:
                self._behind.copies.bring(self._behind.objects, _key(sha256), sha256)
            except FileNotFoundError:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise named_error(error) from error
        return path

    def open(self, sha256: str) -> BinaryIO:
        """The photo's bytes as an open file. Raises InputError: photo_not_stored."""
        try:
            return self.local(sha256).open("rb")
        except FileNotFoundError as error:
            raise InputError("photo_not_stored", f"No photo {sha256} is stored.") from error

    def has(self, sha256: str) -> bool:
        """Whether the photo is stored."""
        return self.stored_at(sha256) is not None

    def missing(self, sha256s: Collection[str]) -> set[str]:
        """Those of the photos that are not stored; an object store is asked for several at a time."""
        if self._behind is None:
            return {sha256 for sha256 in sha256s if not self.has(sha256)}
        with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
            found = zip(sha256s, pool.map(self.has, sha256s), strict=True)
            return {sha256 for sha256, there in found if not there}

    @property
    def is_elsewhere(self) -> bool:
        """Whether files are in an object store and have to be fetched."""
        return self._behind is not None

    def stored_at(self, sha256: str) -> float | None:
        """When the photo was last stored, in seconds since 1970; None if it is not."""
        path = self.path_of(sha256)
        if self._behind is not None:
            found = self._behind.objects.find(_key(sha256))
            return None if found is None else found.changed_at
        try:
            return path.stat().st_mtime
        except FileNotFoundError:
            return None

    def delete(self, sha256: str) -> None:
        """Delete a photo; a missing one is no error. Copies on other hosts go when they are swept."""
        path = self.path_of(sha256)
        if self._behind is not None:
            self._behind.objects.delete(_key(sha256))
        path.unlink(missing_ok=True)

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
            final = self._publish(temporary, digest)
            return StoredPhoto(sha256=digest, bytes=size, path=final)
        finally:
            temporary.unlink(missing_ok=True)

    def adopt(self, path: Path, sha256: str) -> Path:
        """Move a synced file of the same disk into the store; one that is already stored stays as it is.

        Raises TransientError: disk_full, store_write_failed.
        """
        final = self._publish(path, sha256)
        path.unlink(missing_ok=True)
        return final

    def _publish(self, path: Path, sha256: str) -> Path:
        final = self.path_of(sha256)
        if self._behind is None:
            _settle(path, final)
            return final
        # Also where the object is there already: it becomes fresh again, as a file does.
        self._behind.objects.put(path, _key(sha256))
        try:
            return self._behind.copies.keep(path, sha256)
        except OSError as error:
            raise named_error(error) from error

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


def photo_store(settings: Settings) -> PhotoStore:
    """The store of uploaded and crawled photos and of archives."""
    return file_store(settings, "photos")


def file_store(settings: Settings, part: str) -> PhotoStore:
    """A store in a folder of the data folder, or in the object store where the settings name one."""
    objects = open_objects(settings, part)
    behind = None if objects is None else Behind(objects=objects, copies=open_copies(settings))
    return PhotoStore(settings.data / part, behind)


def _key(sha256: str) -> str:
    return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"


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
