"""Files that are made once and kept in the data folder."""

import os
import secrets
from pathlib import Path


def keep(path: Path, data: bytes) -> None:
    """Write whole or not at all, also where two requests make the same file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f".{secrets.token_hex(8)}")
    try:
        own.write_bytes(data)
        os.replace(own, path)
    finally:
        own.unlink(missing_ok=True)
