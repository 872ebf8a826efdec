"""Where a unix socket of the data folder is."""

import hashlib
import os
import tempfile
from pathlib import Path

#: 104 bytes on macOS, 108 on Linux, with the closing zero.
_LONGEST = 103


def socket_path(data: Path, place: str) -> Path:
    """In the data folder where that path fits into a socket address, else in a temporary folder."""
    path = data / place
    if len(os.fsencode(path)) <= _LONGEST:
        return path
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"maskloop-{digest}-{path.name}"
