"""Where a downloaded file is written."""

from email.message import Message
from pathlib import Path

import httpx


def place_of(to: Path, response: httpx.Response, name: str) -> Path:
    """The path itself, or in a folder the name that the service gives the file, else `name`."""
    if not to.is_dir():
        return to
    header = Message()
    header["Content-Disposition"] = response.headers.get("Content-Disposition", "")
    # No folder: a service must not choose where files are written.
    given = Path((header.get_filename() or "").replace("\\", "/")).name
    return to / (given if given not in ("", ".", "..") else name)
