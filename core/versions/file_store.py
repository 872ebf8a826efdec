"""Keep the files of classifier versions by the SHA-256 of their bytes, and hand out none that differs."""

import hashlib
from io import BytesIO
from pathlib import Path

from core.errors import PermanentError
from core.library.files.store import PhotoStore, StoredPhoto
from core.settings import Settings

#: No file of a version comes near it.
_MOST_BYTES = 2**30


class VersionFiles:
    """The folder `versions` of the data folder; any number of versions may share a file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._store = PhotoStore(folder)

    def keep(self, path: Path) -> StoredPhoto:
        """Take a copy of a file in; TransientError disk_full, store_write_failed."""
        with path.open("rb") as file:
            return self._store.put(file, max_bytes=_MOST_BYTES)

    def keep_bytes(self, data: bytes) -> StoredPhoto:
        """Take bytes in."""
        return self._store.put(BytesIO(data), max_bytes=_MOST_BYTES)

    def relative(self, sha256: str) -> str:
        """Where below the folder that file is or would be."""
        return str(self._store.path_of(sha256).relative_to(self.folder))

    def path(self, sha256: str) -> Path:
        """The file's path once its bytes are found to be those that were kept.

        PermanentError version_file_missing, version_file_damaged.
        """
        path = self._store.path_of(sha256)
        if not path.is_file():
            raise PermanentError("version_file_missing", f"A classifier's file {sha256[:12]} is missing.")
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found != sha256:
            raise PermanentError(
                "version_file_damaged", f"{path} is not the file that was registered: its SHA-256 differs."
            )
        return path


def version_files(settings: Settings) -> VersionFiles:
    """The store of the service's versions."""
    return VersionFiles(settings.data / "versions")
