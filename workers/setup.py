"""What must be there before anything starts: folders, tables, the owner, the champion, the weights."""

import os
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config

from core.accounts import ensure_owner, keep_password
from core.database import Database
from core.detection.weights import NEEDED, fetch_weights
from core.errors import PermanentError
from core.library.files.store import PhotoStore
from core.settings import Settings
from core.versions.files import keep_shipped, version_files
from core.versions.store import register_shipped

ROOT = Path(__file__).resolve().parents[1]

#: What killed uploads left is swept once it is a day old.
_LEFTOVER_SECONDS = 86_400.0


def prepare(settings: Settings, *, say: Callable[[str], None] = lambda _line: None) -> None:
    """Make everything ready; cheap where it is ready already."""
    make_data_folder(settings)
    db = Database(settings.sql_url)
    migrate(settings)
    shipped = keep_shipped(version_files(settings))
    with db.write() as session:
        ensure_owner(session)
        if settings.password:
            keep_password(session, settings.password)
        register_shipped(session, shipped)
    db.dispose()
    PhotoStore(settings.data / "photos").sweep_temporary(_LEFTOVER_SECONDS)
    fetch_weights(NEEDED, settings.weights, progress=say)


def make_data_folder(settings: Settings) -> None:
    """The data folder, for its owner's eyes only; PermanentError data_folder."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise PermanentError("data_folder", f"{settings.data} cannot be made: {error.strerror}.") from error
    if not os.access(settings.data, os.W_OK):
        raise PermanentError("data_folder", f"{settings.data} cannot be written to.")


def alembic_config(settings: Settings) -> Config:
    """Alembic pointed at our migrations and the database in force."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", settings.sql_url.replace("%", "%%"))
    return config


def migrate(settings: Settings) -> None:
    """Bring the tables to this version."""
    command.upgrade(alembic_config(settings), "head")
