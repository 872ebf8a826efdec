"""The object store and the copies that the settings name."""

import re
from pathlib import Path

from core.settings import Settings
from core.storage.address import StoreAddress
from core.storage.copies import Copies
from core.storage.identity import installation_objects
from core.storage.objects import ObjectFolder

#: The folder of copies in the data folder.
COPIES = "copies"
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def open_objects(settings: Settings, part: str) -> ObjectFolder | None:
    """A part of the object store, such as `photos`; None where files are kept in the data folder."""
    objects = installation_objects(settings)
    return None if objects is None else objects.below(part)


def cache_folder(settings: Settings, name: str) -> Path:
    """The folder of a cache of pictures; beside an object store it is swept like the copies.

    Who removes a photo cannot reach the caches of other hosts.
    """
    return settings.data / COPIES / name if settings.files else settings.data / name


def open_copies(settings: Settings) -> Copies:
    """This host's copies of objects."""
    return Copies(
        folder=settings.data / COPIES,
        most_bytes=settings.files_copies_bytes,
        reserve_bytes=settings.min_free_bytes,
    )


def is_sweep_due(settings: Settings) -> bool:
    """Whether old copies of this host are to be deleted now: every five minutes, with an object store."""
    return bool(settings.files) and open_copies(settings).is_due


def signed_link(settings: Settings, part: str, key: str, *, name: str, media_type: str) -> str | None:
    """A signed link to an object, where the store has them and the settings ask for them."""
    if not settings.files or not settings.files_link_seconds:
        return None
    endpoint = settings.files_public_endpoint or settings.files_endpoint
    objects = ObjectFolder(StoreAddress.parse(settings.files), endpoint=endpoint).below(part)
    safe = _UNSAFE.sub("_", name)
    return objects.link(key, seconds=settings.files_link_seconds, name=safe, media_type=media_type)
