"""One service a data folder: a lock that ends with its process, however that ends."""

import fcntl
from pathlib import Path
from typing import IO

from core.errors import PermanentError


def lock_data_folder(folder: Path, *, note: str) -> IO[str]:
    """Hold the folder until the returned file is closed; PermanentError already_running names the holder."""
    file = (folder / "service.lock").open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise PermanentError(
            "already_running", f"Maskloop is already running on {folder}{f': {holder}' if holder else ''}."
        ) from error
    file.truncate(0)
    file.write(note)
    file.flush()
    return file
