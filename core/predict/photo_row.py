"""A photo's row, as reading it tells."""

from datetime import datetime
from typing import Any

from core.library.fingerprints.store_hashes import hash_columns
from core.predict.results import PhotoRead


def photo_row(read: PhotoRead, stored: bool, now: datetime) -> dict[str, Any]:
    """A row of `Photo`; `stored` says that the photo store has its bytes."""
    return {
        "sha256": read.sha256,
        "bytes": read.bytes,
        "width": read.width,
        "height": read.height,
        "format": read.format,
        "frames": read.frames,
        "stored": stored,
        **hash_columns(read.hashes),
        "taken_at": read.taken_at,
        "created_at": now,
    }
