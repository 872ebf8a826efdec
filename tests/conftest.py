"""What tests share: real servers, scratch databases, and the place of real photos."""

import fcntl
import gc
import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine, create_engine
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

import core.database
from benchmarks.servers import Missing, PostgresServer, RedisServer, make_tables
from core.database import Database
from core.settings import Settings
from tests.object_store import faulty, object_store, objects  # noqa: F401 (fixtures)
from tests.scratch_databases import ScratchDatabases

# Until all tests are collected: what they load stays.
gc.disable()
ROOT = Path(__file__).resolve().parents[1]


#: Compiled statements of all databases of a kind: in each test anew, compiling takes longer than running.
_COMPILED: LRUCache[Any, Any] = LRUCache(4000)


def _share_compiled_statements() -> None:
    """Statements are kept by their text and dialect; dialects of a kind are told to be equal."""

    def create_sharing_engine(*given: Any, **options: Any) -> Engine:
        engine = create_engine(*given, **options)
        engine.update_execution_options(compiled_cache=_COMPILED)
        return engine

    core.database.create_engine = create_sharing_engine
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = lambda own, other: type(own) is type(other)
        dialect.__hash__ = lambda own: hash(type(own))


_share_compiled_statements()


def _spare_syncs() -> None:
    """SQLite waits for no disk in this process: no test outlives a power cut, and killed processes wait."""
    prepare = core.database._prepare_sqlite

    def prepare_without_syncs(connection: sqlite3.Connection, record: Any) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    core.database._prepare_sqlite = prepare_without_syncs


_spare_syncs()
# The default draws errors with the source around every frame, which takes half a second each.
structlog.configure(
    processors=[
        structlog.processors.add_log_level,
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback),
    ]
)


@pytest.fixture(autouse=True)
def logs_stay_as_set_up() -> Iterator[None]:
    """A command that sets up its logs, perhaps for errors alone, changes no later test."""
    before = structlog.get_config()
    yield
    if structlog.get_config() != before:
        structlog.configure(**before)


def need(found: object, what: str) -> None:
    """Skip where something is missing on a laptop; fail where CI should have it."""
    if found:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is missing")
    pytest.skip(f"{what} is not installed here")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests are begun first, lest one is left for the end while nothing runs beside it."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


def pytest_collection_finish() -> None:
    """Each process of a run collects all tests: TensorFlow is left to those that use it."""
    if "tensorflow" in sys.modules:
        raise pytest.UsageError("collecting the tests imported TensorFlow; see tests/training.py")
    # What is loaded now stays. Looking for garbage as often as usual is a tenth of the CPU time of tests.
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """A folder of real photos with annotations."""
    place = Path(os.environ.get("MASKLOOP_TEST_DATA", ROOT.parent / "shared" / "data"))
    if not (place / "photos" / "images").is_dir():
        pytest.skip("there are no real photos here; MASKLOOP_TEST_DATA names their folder")
    return place


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A PostgreSQL server of our own."""
    try:
        # One server for each process of a parallel run: a gigabyte of log for each would fill a small disk.
        server = PostgresServer.start("full_page_writes=off", "autovacuum=off", "max_wal_size=128MB")
    except Missing as missing:
        need(False, str(missing))
        raise
    yield server
    server.stop()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisServer]:
    """A Redis server of our own on a free port."""
    try:
        server = RedisServer.start()
    except Missing as missing:
        need(False, str(missing))
        raise
    yield server
    server.stop()


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with all tables, to be copied."""
    path = tmp_path_factory.mktemp("tables") / "tables.sqlite"
    make_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def scratch_databases(postgres: PostgresServer) -> Iterator[ScratchDatabases]:
    """PostgreSQL databases with all tables."""
    databases = ScratchDatabases(postgres)
    yield databases
    databases.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database, once of each kind: with all tables where the test asks for `db`, else empty."""
    ready = "db" in request.fixturenames
    if request.param == "sqlite":
        path = tmp_path / "test.sqlite"
        if ready:
            shutil.copyfile(request.getfixturevalue("sqlite_tables"), path)
        yield f"sqlite:///{path}"
    elif ready:
        databases: ScratchDatabases = request.getfixturevalue("scratch_databases")
        yield (url := databases.take())
        databases.give_back(url)
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        yield (url := server.new_database())
        server.drop_database(url)


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    """A database with all tables."""
    database = Database(database_url)
    yield database
    database.dispose()


@pytest.fixture
def settings(tmp_path: Path, database_url: str) -> Settings:
    """Settings with a scratch data folder and the test's database."""
    return Settings(
        data=tmp_path / "data",
        database_url=database_url,
        allowed_roots=str(tmp_path),
        lease_seconds=2.0,
        min_free_bytes=0,
        # Behind other tests it would miss its lease.
        worker_nice=0,
    )


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], object]) -> Path:
    """A folder that the first process of a parallel run makes for all; tests only read it."""
    base = factory.getbasetemp()
    # Each process of a parallel run has a folder of its own below that of the run.
    place = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    with place.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            unfinished = place.with_suffix(".unfinished")
            unfinished.mkdir()
            make(unfinished)
            unfinished.rename(place)
    return place


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of sample photos."""
    from core.samples.making import make_samples

    return made_once(tmp_path_factory, "samples", make_samples)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of the browser."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    need(found, "chromium")
    assert found is not None
    return found


@pytest.fixture(scope="session")
def weights() -> Path:
    """The weights that set-up brings, fetched once for all tests."""
    from core.detection.weights import NEEDED, fetch_weights

    folder = Settings().weights
    fetch_weights(NEEDED, folder)
    return folder
