"""Files that keep a name, such as reports: written to a folder of the data folder, then published.

Without an object store, publishing does nothing: the files stay where they were written.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from core.settings import Settings
from core.storage.installation import open_copies, open_objects, signed_link

#: The slowest way to a store that is allowed for, in bytes a second.
_SLOWEST = 2**20


def transfer_seconds(size: int) -> float:
    """How long so many bytes may take to a store, or from it."""
    return 60.0 + size / _SLOWEST


@dataclass(frozen=True, kw_only=True)
class NamedFiles:
    """The files of a part of the installation, such as `reports`; names have slashes between folders."""

    settings: Settings
    part: str

    @property
    def folder(self) -> Path:
        """Where they are written."""
        return self.settings.data / self.part

    def publish(self, name: str, sha256: str) -> None:
        """Give a file that was written to the object store; this host keeps a copy.

        Raises what `ObjectFolder.put` raises; the file then stays where it was written.
        """
        objects = open_objects(self.settings, self.part)
        if objects is not None:
            objects.put(self.folder / name, name)
            open_copies(self.settings).keep(self.folder / name, sha256)

    def local(self, name: str, sha256: str | None) -> Path:
        """The path of a published file, fetched where there is no copy. Raises FileNotFoundError."""
        objects = open_objects(self.settings, self.part)
        if objects is None or sha256 is None:
            return self.folder / name
        return open_copies(self.settings).bring(objects, name, sha256)

    def delete(self, name: str) -> None:
        """Delete a file; a missing one is no error."""
        objects = open_objects(self.settings, self.part)
        if objects is not None:
            objects.delete(name)
        (self.folder / name).unlink(missing_ok=True)

    def delete_folder(self, name: str) -> None:
        """Delete every file below a name."""
        objects = open_objects(self.settings, self.part)
        if objects is not None:
            objects.delete_folder(name)
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def link(self, name: str, *, save_as: str, media_type: str) -> str | None:
        """A signed link to a published file, where the store has them and the settings ask for them."""
        return signed_link(self.settings, self.part, name, name=save_as, media_type=media_type)
