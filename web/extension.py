"""The database and settings of the running app, for views."""

from dataclasses import dataclass
from pathlib import Path

from flask import current_app

from core.database import Database
from core.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Maskloop:
    """Stored in `app.extensions["maskloop"]`."""

    database: Database
    settings: Settings


def database() -> Database:
    """The database of the current app."""
    return _extension().database


def settings() -> Settings:
    """The settings of the current app."""
    return _extension().settings


def incoming_folder() -> Path:
    """Folder of temporary files of requests: not the temporary folder, which may be in memory."""
    folder = settings().data / "incoming"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _extension() -> Maskloop:
    extension: Maskloop = current_app.extensions["maskloop"]
    return extension
