"""One service a data folder: a lock that ends with its process, however that ends."""

import fcntl
from pathlib import Path
from typing import IO

from core.errors import PermanentError

_LOCK_FILE = "service.lock"


def holder_note(folder: Path) -> str | None:
    """What the service that runs on this folder noted, None where none runs."""
    try:
        with (folder / _LOCK_FILE).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (folder / _LOCK_FILE).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
    return None


def lock_data_folder(folder: Path, *, note: str) -> IO[str]:
    """Hold the folder until the returned file is closed; PermanentError already_running names the holder."""
    file = (folder / _LOCK_FILE).open("a+", encoding="utf-8")
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
