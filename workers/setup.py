"""Set up the data folder, tables, owner account, champion and weights before anything starts."""

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

#: Age after which temporary files of interrupted uploads are deleted.
_LEFTOVER_SECONDS = 86_400.0


def prepare(settings: Settings, *, say: Callable[[str], None] = lambda _line: None) -> None:
    """Set up everything that is missing; fast if nothing is."""
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
    """Create the data folder, readable by its owner only; PermanentError data_folder."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise PermanentError(
            "data_folder", f"{settings.data} cannot be created: {error.strerror}."
        ) from error
    if not os.access(settings.data, os.W_OK):
        raise PermanentError("data_folder", f"{settings.data} cannot be written to.")


def alembic_config(settings: Settings) -> Config:
    """Alembic configuration for our migrations and the configured database."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "migrations"))
    config.set_main_option("sqlalchemy.url", settings.sql_url.replace("%", "%%"))
    return config


def migrate(settings: Settings) -> None:
    """Migrate the database to this version."""
    command.upgrade(alembic_config(settings), "head")
