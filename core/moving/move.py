"""Move database and files: files first, rows in one transaction, then the old database steps aside."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, make_url

from core.database import Database
from core.errors import InputError
from core.evidence.signing import KEY_FILE
from core.jobs.finish import release_all
from core.moving.files import Journal, MovedFiles, move_files, require_all
from core.moving.rows import copy_rows, installation_of, is_moved, require_known_tables, require_same_rows
from core.settings import Settings
from core.storage.identity import installation_objects, share_file, tie_objects
from core.system.store import forget_all

#: The SQLite file after its rows were moved: no service starts on it by mistake, and nothing is lost.
_ASIDE = ".moved"
_JOURNAL = "move.jsonl"


@dataclass(frozen=True, kw_only=True)
class MoveSummary:
    """What was moved; zeros for what stays."""

    files: MovedFiles
    rows: int


def move_installation(
    settings: Settings,
    *,
    schema: str,
    make_tables: Callable[[], None],
    say: Callable[[str], None] = lambda _line: None,
) -> MoveSummary:
    """Move what is in the data folder to the database and the object store of the settings.

    No service may run on the folder. `schema` is the newest migration; `make_tables` brings the new database
    to it. A move that was killed goes on. Raises InputError move_nothing_to_do, move_source_missing,
    move_done, move_schema_old, move_target_not_empty; PermanentError move_not_the_same, move_unknown_table
    and what the object store raises.
    """
    objects = installation_objects(settings)
    to_postgres = settings.sql_url.startswith("postgresql")
    if objects is None and not to_postgres:
        raise InputError(
            "move_nothing_to_do",
            "Set MASKLOOP_DATABASE_URL to a new PostgreSQL database, MASKLOOP_FILES to a bucket, or both.",
        )
    source = Database(find_source(settings))
    try:
        installation = _require_source(source, schema)
        files = MovedFiles()
        if objects is not None:
            objects.check()
            tie_objects(objects, installation)
            journal = Journal(path=settings.data / _JOURNAL)
            files = move_files(settings.data, objects, journal, each=_Progress(say))
            require_all(settings.data, objects, journal, files.damaged)
            share_file(objects, settings.data / KEY_FILE)
        rows = _move_rows(source, settings, make_tables, say) if to_postgres else 0
    finally:
        source.dispose()
    if to_postgres:
        _step_aside(settings)
    (settings.data / _JOURNAL).unlink(missing_ok=True)
    return MoveSummary(files=files, rows=rows)


class _Progress:
    """Says every thousand files how far it has come."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def __call__(self, moved: MovedFiles) -> None:
        if moved.files % 1000 == 0:
            self._say(f"{moved.files:,} files are in the object store ...")


def find_source(settings: Settings) -> str:
    """The address of the database to move from, or to keep; nothing is made where there is none.

    Raises InputError move_source_missing, move_done.
    """
    to_postgres = settings.sql_url.startswith("postgresql")
    url = Settings(data=settings.data).sql_url if to_postgres else settings.sql_url
    path = Path(make_url(url).database or "")
    if path.is_file():
        return url
    if to_postgres and path.with_name(path.name + _ASIDE).exists():
        raise InputError("move_done", f"{settings.data} was moved already; start the service.")
    raise InputError(
        "move_source_missing", f"There is no database {path}. Set MASKLOOP_DATA to the folder to move."
    )


def _require_source(source: Database, schema: str) -> str:
    """The id of the installation to move, which must have the schema of this release."""
    with source.engine.connect() as connection:
        require_known_tables(connection)
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        installation = installation_of(connection)
    if found != schema or installation is None:
        raise InputError(
            "move_schema_old",
            "The database is not one of this release. Run `maskloop setup` without the new settings first.",
        )
    return installation


def _move_rows(
    source: Database, settings: Settings, make_tables: Callable[[], None], say: Callable[[str], None]
) -> int:
    engine = create_engine(settings.sql_url)
    try:
        with source.engine.connect() as here:
            with engine.connect() as target:
                done = is_moved(here, target)
            if not done:
                make_tables()
            with engine.begin() as target:
                if not done:
                    say(f"{copy_rows(here, target):,} rows are copied; comparing them ...")
                rows = require_same_rows(here, target)
    finally:
        engine.dispose()
    database = Database(settings.sql_url)
    try:
        with database.write() as session:
            release_all(session)
            forget_all(session)
    finally:
        database.dispose()
    return rows


def _step_aside(settings: Settings) -> None:
    for end in ("", "-wal", "-shm"):
        path = settings.data / f"maskloop.sqlite{end}"
        if path.exists():
            path.replace(path.with_name(f"maskloop.sqlite{_ASIDE}{end}"))
