"""Objects of a store below a prefix: put, read, list and delete them by key, and sign links to them.

A store shows an object whole or not at all, also when its writer is killed: its name comes last.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from core.errors import PermanentError
from core.storage.address import StoreAddress
from core.storage.calls import call
from core.storage.clients import PART_BYTES, open_client, require_bucket

#: Names that stores give to the time of the last change.
_CHANGED = ("LastModified", "last_modified", "mtime", "updated", "created")
#: What `sign` of each package calls the name and the type of what is downloaded.
_LINK_OPTIONS = {
    "s3": ("ResponseContentDisposition", "ResponseContentType"),
    "gs": ("response_disposition", "response_type"),
    "az": ("content_disposition", "content_type"),
}
#: S3 takes 10,000 parts.
_MOST_PARTS = 9_000


log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """An object as the store lists it."""

    #: Relative to the prefix.
    key: str
    bytes: int
    #: Seconds since 1970 by the clock of the store.
    changed_at: float


class ObjectFolder:
    """What lies below a prefix. Holds no connection, so it may cross a fork.

    Every method raises PermanentError storage_denied, storage_bucket_missing, storage_refused or
    storage_package_missing, and TransientError storage_unavailable.
    """

    def __init__(self, address: StoreAddress, *, endpoint: str = "") -> None:
        self.address, self.endpoint = address, endpoint

    def below(self, part: str) -> "ObjectFolder":
        """What lies below a further prefix."""
        return ObjectFolder(self.address.below(part), endpoint=self.endpoint)

    def put(self, path: Path, key: str) -> None:
        """Copy a file to the store; it replaces an object of that key."""
        parts: dict[str, int] = {}
        if self.address.protocol == "s3":
            parts["chunksize"] = max(PART_BYTES, path.stat().st_size // _MOST_PARTS)
        self._call(lambda files: files.put_file(str(path), self._path(key), **parts))

    def put_bytes(self, data: bytes, key: str) -> None:
        """Write bytes as an object; they replace one of that key."""
        self._call(lambda files: files.pipe_file(self._path(key), data))

    def get(self, key: str, path: Path) -> None:
        """Copy an object to a file. Raises FileNotFoundError, TransientError disk_full."""
        self._call(lambda files: files.get_file(self._path(key), str(path)))

    def read(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """Bytes of an object from `start` up to `end`, its own end for None. Raises FileNotFoundError."""
        if end is not None and end <= start:
            return b""
        # Without a range where all is wanted: an empty object has no first byte to ask for.
        span = {} if start == 0 and end is None else {"start": start, "end": end}
        return bytes(self._call(lambda files: files.cat_file(self._path(key), **span)))

    def find(self, key: str) -> StoredObject | None:
        """An object by its key; None if there is none."""
        try:
            found = self._call(lambda files: files.info(self._path(key)))
        except FileNotFoundError:
            return None
        return _object(key, found) if found["type"] == "file" else None

    def list_folder(self, folder: str = "") -> tuple[list[str], list[StoredObject]]:
        """Names of the folders in a folder, and its objects, both in order; a slash separates folders."""
        path = self._path(folder) if folder else self.address.path
        try:
            found = self._call(lambda files: files.ls(path, detail=True, refresh=True))
        except FileNotFoundError:
            return [], []
        if not found:
            self._call(lambda files: require_bucket(files, self.address, self.endpoint))
        folders, objects = set(), {}
        for each in found:
            whole = str(each["name"]).rstrip("/")
            name = whole.rpartition("/")[2]
            if whole == path:
                continue  # The mark of an empty folder, or keys with two slashes in a row.
            if each["type"] == "directory":
                folders.add(name)
            elif not str(each["name"]).endswith("/"):
                key = f"{folder}/{name}" if folder else name
                objects[key] = _object(key, each)
        return sorted(folders), [objects[key] for key in sorted(objects)]

    def walk(self, folder: str = "") -> Iterator[StoredObject]:
        """Every object below a folder: its own ones in order, then folder by folder."""
        folders, objects = self.list_folder(folder)
        yield from objects
        for name in folders:
            yield from self.walk(f"{folder}/{name}" if folder else name)

    def delete(self, key: str) -> None:
        """Delete an object; a missing one is no error."""
        try:
            self._call(lambda files: files.rm_file(self._path(key)))
        except FileNotFoundError:
            return

    def delete_folder(self, folder: str) -> None:
        """Delete every object below a folder."""
        for each in list(self.walk(folder)):
            self.delete(each.key)

    def link(self, key: str, *, seconds: int, name: str, media_type: str) -> str | None:
        """An address at which anybody reads the object for so long, saved under `name`.

        None where the store has no such links, or the credentials cannot sign any.
        """
        values = f'attachment; filename="{name}"', media_type
        options = dict(zip(_LINK_OPTIONS[self.address.protocol], values, strict=True))
        return self._call(lambda files: _sign(files, self._path(key), expiration=seconds, **options))

    def check(self) -> None:
        """Write an object, read it and delete it; raises the error of the first step that is refused."""
        key, data = f"check-{secrets.token_hex(8)}", secrets.token_bytes(16)
        self.put_bytes(data, key)
        if self.read(key) != data:
            raise PermanentError("storage_refused", f"{self.address} does not return what was written.")
        self.delete(key)

    def _path(self, key: str) -> str:
        return f"{self.address.path}/{key}"

    def _call(self, action: Any) -> Any:
        return call(self.address, partial(_run, self.address, self.endpoint, action))


def _run(address: StoreAddress, endpoint: str, action: Any) -> Any:
    """Each call asks fsspec for its instance, which is one for each process."""
    files = open_client(address, endpoint)
    try:
        return action(files)
    except FileNotFoundError:
        require_bucket(files, address, endpoint)
        raise


def _sign(files: Any, path: str, **options: Any) -> str | None:
    """None where there is no key to sign with, as with the role of a machine: packages raise anything."""
    try:
        return str(files.sign(path, **options))
    except Exception as error:
        log.warning("links_cannot_be_signed", error=type(error).__name__)
        return None


def _object(key: str, found: dict[str, Any]) -> StoredObject:
    times = (found[name] for name in _CHANGED if isinstance(found.get(name), datetime))
    changed = next(times, None)
    return StoredObject(
        key=key, bytes=int(found.get("size") or 0), changed_at=changed.timestamp() if changed else 0.0
    )
