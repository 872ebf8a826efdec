"""A name for the state of the static files, so that browsers keep them until they change."""

import hashlib
from pathlib import Path


def static_version(folder: Path) -> str:
    """Twelve hexadecimal digits over names and contents of all files below `folder`."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(folder).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
