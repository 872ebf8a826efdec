"""Contents by the SHA-256 of their bytes, each kept once, readable by their owner alone."""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from core.errors import PermanentError
from core.library.files.store import named_error

_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Content:
    """One content: its hash as 64 hexadecimal digits, and its length."""

    sha256: str
    bytes: int


class Objects:
    """The folder `objects` of a backup folder.

    A content that was written before `trusted_until`, in seconds since 1970, is on the disk for good: a
    complete backup ended then. Later ones are read again before they are relied on: power may have failed.
    """

    def __init__(self, folder: Path, *, trusted_until: float = 0.0) -> None:
        self._folder = folder
        self._trusted_until = trusted_until

    def path_of(self, sha256: str) -> Path:
        """Where the content is kept."""
        return self._folder / sha256[:2] / sha256[2:4] / sha256

    def has(self, content: Content) -> bool:
        """Whether the content is kept; one that may be torn is read."""
        path = self.path_of(content.sha256)
        try:
            found = path.stat()
        except FileNotFoundError:
            return False
        if found.st_size != content.bytes:
            return False
        return found.st_mtime < self._trusted_until or self._is_whole(path, content)

    def put(self, chunks: Iterable[bytes]) -> Content:
        """Keep what is given; raises TransientError disk_full, store_write_failed."""
        temporary = self._folder / "incoming" / secrets.token_hex(16)
        digest, size = hashlib.sha256(), 0
        try:
            with _create(temporary) as file:
                for chunk in chunks:
                    digest.update(chunk)
                    size += len(chunk)
                    _write(file, chunk)
            content = Content(sha256=digest.hexdigest(), bytes=size)
            if not self.has(content):
                final = self.path_of(content.sha256)
                make_private(final.parent)
                temporary.replace(final)
            return content
        finally:
            temporary.unlink(missing_ok=True)

    def put_file(self, path: Path) -> Content:
        """Keep the content of a file; raises FileNotFoundError."""
        with path.open("rb") as file:
            return self.put(_chunks(file))

    def read(self, content: Content) -> Iterator[bytes]:
        """The content in pieces; PermanentError backup_damaged at the end if it is another one."""
        digest, size = hashlib.sha256(), 0
        try:
            with self.path_of(content.sha256).open("rb") as file:
                for chunk in _chunks(file):
                    digest.update(chunk)
                    size += len(chunk)
                    yield chunk
        except FileNotFoundError as error:
            raise damaged(content, "is missing") from error
        if (digest.hexdigest(), size) != (content.sha256, content.bytes):
            raise damaged(content, "was changed")

    def require(self, content: Content) -> None:
        """PermanentError backup_damaged if the content is missing or has another length; it is not read."""
        try:
            size = self.path_of(content.sha256).stat().st_size
        except FileNotFoundError as error:
            raise damaged(content, "is missing") from error
        if size != content.bytes:
            raise damaged(content, "was changed")

    def sweep(self) -> None:
        """Delete what killed backups left; nobody else may be writing."""
        for left in (self._folder / "incoming").glob("*"):
            left.unlink(missing_ok=True)

    def _is_whole(self, path: Path, content: Content) -> bool:
        with suppress(FileNotFoundError), path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == content.sha256
        return False


def make_private(folder: Path) -> None:
    """Make the folder and those above it, for their owner alone."""
    if not folder.is_dir():
        make_private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def damaged(content: Content, why: str) -> PermanentError:
    """The error of a content that is not what the manifest says."""
    return PermanentError("backup_damaged", f"Object {content.sha256} of the backup {why}.")


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _create(path: Path) -> BinaryIO:
    try:
        make_private(path.parent)
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb")
    except OSError as error:
        raise named_error(error) from error


def _write(file: BinaryIO, chunk: bytes) -> None:
    try:
        file.write(chunk)
        file.flush()
    except OSError as error:
        raise named_error(error) from error
