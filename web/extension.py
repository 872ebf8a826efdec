"""The database and settings of the running app, for views."""

from dataclasses import dataclass

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


def _extension() -> Maskloop:
    extension: Maskloop = current_app.extensions["maskloop"]
    return extension
