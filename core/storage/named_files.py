"""Files that keep a name, such as reports: written to a folder of the data folder, then published.

Without an object store, publishing does nothing: the files stay where they were written. In a store the name
ends in the SHA-256 of the file, so that a host that was cut off and writes late replaces no later writing.
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

    def publish(self, name: str, sha256: str) -> str:
        """Give a file that was written to the object store; returns the name under which it is read.

        This host keeps a copy. Raises what `ObjectFolder.put` raises; the file then stays where it was.
        """
        objects = open_objects(self.settings, self.part)
        if objects is None:
            return name
        published = f"{name}.{sha256}"
        objects.put(self.folder / name, published)
        open_copies(self.settings).keep(self.folder / name, sha256)
        return published

    def local(self, published: str, sha256: str | None) -> Path:
        """The path of a published file, fetched where there is no copy. Raises FileNotFoundError."""
        objects = open_objects(self.settings, self.part)
        if objects is None or sha256 is None:
            return self.folder / published
        return open_copies(self.settings).bring(objects, published, sha256)

    def delete(self, name: str) -> None:
        """Delete every writing of a file, by the name it was written under; a missing one is no error."""
        objects = open_objects(self.settings, self.part)
        if objects is not None:
            _, found = objects.list_folder(name.rpartition("/")[0])
            for key in (each.key for each in found):
                # Earlier versions published under the name alone.
                if key == name or key.startswith(f"{name}."):
                    objects.delete(key)
        (self.folder / name).unlink(missing_ok=True)

    def delete_folder(self, name: str) -> None:
        """Delete every file below a name."""
        objects = open_objects(self.settings, self.part)
        if objects is not None:
            objects.delete_folder(name)
        shutil.rmtree(self.folder / name, ignore_errors=True)

    def link(self, published: str, *, save_as: str, media_type: str) -> str | None:
        """A signed link to a published file, where the store has them and the settings ask for them."""
        return signed_link(self.settings, self.part, published, name=save_as, media_type=media_type)
