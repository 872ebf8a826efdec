"""Migrations of the database: Alembic, which nothing that only reads or works has to load."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError

from core.database import Database
from core.errors import PermanentError
from core.settings import Settings
from core.system.queries import read_schema_version

_SCRIPTS = Path(__file__).resolve().parents[1] / "migrations"


def alembic_config(settings: Settings) -> Config:
    """Alembic configuration for our migrations and the configured database."""
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.set_main_option("sqlalchemy.url", settings.sql_url.replace("%", "%%"))
    return config


def migrate(settings: Settings, *, to: str = "head") -> None:
    """Migrate the database to this release, or to an earlier migration of it; PermanentError schema_newer."""
    config = alembic_config(settings)
    try:
        command.upgrade(config, to)
    except CommandError as error:
        found = _schema_of(settings)
        known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
        if found in known:
            raise
        raise PermanentError(
            "schema_newer",
            f"A newer release has migrated the database (schema {found}). Set up with that release, or"
            " restore a backup from before; processes of this release that run go on.",
        ) from error


def _schema_of(settings: Settings) -> str:
    db = Database(settings.sql_url)
    try:
        with db.read() as session:
            return read_schema_version(session) or ""
    finally:
        db.dispose()


def newest_migration(settings: Settings) -> str:
    """The newest migration of this release."""
    return ScriptDirectory.from_config(alembic_config(settings)).get_current_head() or ""
