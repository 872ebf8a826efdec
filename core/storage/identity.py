"""What the hosts of an installation share through the object store: its id, and the key of evidence packs."""

import os
from pathlib import Path

from core.errors import PermanentError
from core.settings import Settings
from core.storage.address import StoreAddress
from core.storage.objects import ObjectFolder

_ID = "folder-id"


def installation_objects(settings: Settings) -> ObjectFolder | None:
    """All objects of the installation; None where files are kept in the data folder."""
    if not settings.files:
        return None
    return ObjectFolder(StoreAddress.parse(settings.files), endpoint=settings.files_endpoint)


def tie_objects(objects: ObjectFolder, installation: str, *, adopt: bool = False) -> None:
    """Tie a new prefix to the installation with this id; PermanentError object_store_foreign for another's.

    With `adopt` the prefix becomes this one's.
    """
    if read_id(objects) is None or adopt:
        objects.put_bytes(f"{installation}\n".encode("ascii"), _ID)
    require_own_objects(objects, installation)


def require_own_objects(objects: ObjectFolder, installation: str) -> None:
    """Raise PermanentError object_store_foreign if the prefix belongs to another installation, or to none."""
    if read_id(objects) != installation:
        raise PermanentError(
            "object_store_foreign",
            f"{objects.address} does not belong to this database. Set MASKLOOP_FILES to the prefix that "
            "does, or run `maskloop setup --adopt-folder` if this one is a copy of it.",
        )


def read_id(objects: ObjectFolder) -> str | None:
    """The id of the installation that the prefix belongs to; None for none yet."""
    try:
        return objects.read(_ID).decode("ascii", "replace").strip() or None
    except FileNotFoundError:
        return None


def share_file(objects: ObjectFolder, path: Path) -> None:
    """Fetch a secret file that another host has put there, or put this host's there; nobody else reads it."""
    try:
        data = objects.read(path.name)
    except FileNotFoundError:
        if path.exists():
            objects.put_bytes(path.read_bytes(), path.name)
        return
    if path.exists() and path.read_bytes() == data:
        return
    own = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
    own.replace(path)
