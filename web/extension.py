"""The database and settings of the running app, for views."""

from dataclasses import dataclass
from pathlib import Path

from flask import current_app, g

from core.access.sessions import limit_database
from core.database import Database
from core.settings import Settings
from models import Account


@dataclass(frozen=True, kw_only=True)
class Maskloop:
    """Stored in `app.extensions["maskloop"]`."""

    database: Database
    settings: Settings


def database() -> Database:
    """The database of the current app; for a limited account, sessions that read have its rows alone."""
    limited: Database | None = g.get("limited_database")
    return whole_database() if limited is None else limited


def whole_database() -> Database:
    """The database without limits: for what was checked before, and what is not of one account."""
    return _extension().database


def limit_request(account: Account) -> None:
    """From now on the request reads what the account sees."""
    if account.is_limited:
        g.limited_database = limit_database(whole_database(), account)


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
