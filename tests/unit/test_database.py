"""The embedded database: who waits to write goes on as soon as the writer before is done."""

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from benchmarks.servers import PostgresServer
from core import database as module
from core.database import Database
from core.settings import Settings


@pytest.fixture
def sqlite(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'test.sqlite'}")
    with database.write() as session:
        session.execute(text("CREATE TABLE row (number INTEGER)"))
    return database


@pytest.fixture
def writer(sqlite: Database) -> sqlite3.Connection:
    """Another process, which is writing."""
    assert sqlite.path is not None
    connection = sqlite3.connect(sqlite.path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    return connection


def test_a_writer_waits_in_short_pauses(
    sqlite: Database, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 5:
            writer.execute("COMMIT")

    monkeypatch.setattr(module.time, "sleep", pause)
    with sqlite.write() as session:
        session.execute(text("INSERT INTO row VALUES (1)"))
        # What reads beside it waits as long as ever.
        assert session.scalars(text("PRAGMA busy_timeout")).one() == 30_000
    assert len(pauses) == 5 and max(pauses) <= 0.005
    writer.close()


def test_a_database_that_stays_locked_is_an_error_in_the_end(
    sqlite: Database, writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BUSY_MILLISECONDS", 50)
    with pytest.raises(OperationalError, match="locked"), sqlite.write() as session:
        session.execute(text("INSERT INTO row VALUES (1)"))
    writer.execute("COMMIT")
    with sqlite.write() as session:
        session.execute(text("INSERT INTO row VALUES (2)"))
    with sqlite.read() as session:
        assert session.scalars(text("SELECT number FROM row")).all() == [2]
    writer.close()


def test_what_is_no_database_is_not_waited_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "none" / "test.sqlite"
    monkeypatch.setattr(module.time, "sleep", pytest.fail)
    with pytest.raises(OperationalError), Database(f"sqlite:///{path}").write() as session:
        session.execute(text("SELECT 1"))


def test_a_connection_whose_network_is_cut_ends_before_a_lease_does(postgres: PostgresServer) -> None:
    """Otherwise a batch that was cut off in a transaction stays locked after its lease has ended."""
    database = Database(postgres.new_database())
    names = ("tcp_user_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
    with database.read() as session:
        told = [int(session.scalars(text(f"SHOW {name}")).one()) for name in names]
    database.dispose()
    milliseconds, idle, interval, count = told
    assert idle + interval * count <= milliseconds / 1000 < Settings().lease_seconds, told
