"""Folders that a command is to fill."""

from pathlib import Path

from core.errors import PermanentError


def make_folder(folder: Path) -> None:
    """Make a folder for what a command writes, before it starts; PermanentError folder_not_made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        message = f"The folder {folder} cannot be made: {error.strerror}."
        raise PermanentError("folder_not_made", message) from error
