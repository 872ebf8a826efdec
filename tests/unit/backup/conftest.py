"""An installation with photos, keys and jobs, and an empty place to restore into."""

import os
import shutil
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select

from benchmarks.servers import PostgresServer
from core.accounts import ensure_owner, open_browser_session
from core.backup.make import BackupSummary, make_backup
from core.backup.manifest import find_newest
from core.backup.restore import RestoreSummary, restore_backup
from core.data_folder import tie_folder
from core.database import Database
from core.evidence.signing import ensure_key
from core.library.files.store import PhotoStore
from core.settings import Settings
from tests.rows import add_predict_job
from web.security import read_secret_key
from workers.migrating import migrate, newest_migration
from workers.setup import make_data_folder


def store_photo(settings: Settings, content: bytes) -> Path:
    return PhotoStore(settings.data / "photos").put(BytesIO(content), max_bytes=1000).path


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file that was migrated, to be copied: migrating one takes most of a second."""
    settings = Settings(data=tmp_path_factory.mktemp("migrated"))
    migrate(settings)
    return settings.data / "maskloop.sqlite"


@pytest.fixture(scope="session")
def migrated_database(postgres: PostgresServer) -> str:
    """The name of a PostgreSQL database that was migrated, to be copied."""
    url = postgres.new_database()
    migrate(Settings(database_url=url))
    return url.rpartition("/")[2]


@pytest.fixture
def installed(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """A data folder and database as a first start leaves them, with a job and five photos."""
    if settings.database_url.startswith("sqlite"):
        settings = settings.with_changes(database_url="")
        make_data_folder(settings)
        shutil.copyfile(request.getfixturevalue("migrated_file"), settings.data / "maskloop.sqlite")
    else:
        postgres: PostgresServer = request.getfixturevalue("postgres")
        url = postgres.new_database(template=request.getfixturevalue("migrated_database"))
        settings = settings.with_changes(database_url=url)
        make_data_folder(settings)
    read_secret_key(settings)
    ensure_key(settings.data)
    database = Database(settings.sql_url)
    with database.write() as session:
        tie_folder(session, settings.data)
        open_browser_session(session, ensure_owner(session))
    add_predict_job(database, photos=12, batch_photos=4)
    for number in range(5):
        store_photo(settings, b"photo %d" % number)
    report = settings.data / "reports" / "1" / "photos.csv"
    report.parent.mkdir(parents=True)
    report.write_text("name\n")
    for cache in ("thumbnails", "crops", "features", "incoming"):
        (settings.data / cache).mkdir()
        (settings.data / cache / "left-out").write_text("computed again")
    database.dispose()
    return settings


@pytest.fixture
def target(installed: Settings, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], Settings]:
    """Settings of an empty data folder and database; another one at each call."""
    made = iter(range(100))

    def new() -> Settings:
        url = ""
        if installed.database_url:
            server: PostgresServer = request.getfixturevalue("postgres")
            url = server.new_database()
        return installed.with_changes(data=tmp_path / f"restored-{next(made)}", database_url=url)

    return new


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "backups"


def back_up(settings: Settings, folder: Path) -> BackupSummary:
    return make_backup(settings, folder, release="test")


def restore(settings: Settings, folder: Path, name: str = "") -> RestoreSummary:
    return restore_backup(
        settings,
        folder,
        name or find_newest(folder),
        newest=newest_migration(settings),
        make_tables=lambda schema: migrate(settings, to=schema),
    )


def rows_of(settings: Settings, *, but: tuple[str, ...] = ()) -> dict[str, list[tuple[object, ...]]]:
    """Every row of every table, by table."""
    database = Database(settings.sql_url)
    with database.engine.connect() as connection:
        tables = MetaData()
        tables.reflect(connection)
        found = {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in tables.sorted_tables
            if table.name not in but
        }
    database.dispose()
    return found


def files_of(settings: Settings) -> dict[str, bytes]:
    """The files of the data folder, without database and caches."""
    left_out = ("maskloop.sqlite", "thumbnails", "crops", "features", "incoming", "setup.lock")
    return {
        os.path.relpath(path, settings.data): path.read_bytes()
        for path in settings.data.rglob("*")
        if path.is_file() and not os.path.relpath(path, settings.data).startswith(left_out)
    }
