"""Engines for SQLite and PostgreSQL, and sessions that read or write."""

import sqlite3
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import copy
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import Connection, Engine, UpdateBase, create_engine, event, func, make_url, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.orm import Session

from core.errors import TransientError
from models import Base

if TYPE_CHECKING:
    import psycopg

_Id = TypeVar("_Id", int, str, bytes)

#: Longer than any lock that a healthy writer holds, so that a worker does not lose its batch.
_BUSY_MILLISECONDS = 30_000
#: Between two attempts to begin a transaction that writes. SQLite's own pauses grow to 100 ms, so that a
#: request would go on waiting long after a worker is done.
_ATTEMPT_SECONDS = 0.001
#: Threads of a process that use the database at once, unless it says otherwise.
_CONNECTIONS = 25
#: A connection whose network was cut ends after about 15 seconds at both ends, not after hours: a host that
#: is cut off in a transaction would hold up everybody who waits for its rows. That is less than a lease, so
#: that its batches are free when their leases end. The kernel answers for a process that is busy or starved.
#: The address of the database may give other values.
_KEEPALIVE = {
    "connect_timeout": 10,
    "keepalives_idle": 5,
    "keepalives_interval": 5,
    "keepalives_count": 2,
    "tcp_user_timeout": 15_000,
}
_SERVER_KEEPALIVE = (
    b"SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 2;"
    b" SET tcp_user_timeout = 15000"
)
#: Of PostgreSQL: a row refers to one that is not there, or one that is deleted is still referred to.
_FOREIGN_KEY_VIOLATION = "23503"
#: Values in one query; SQLite allows 32,766.
IDS_PER_QUERY = 5_000


class Database:
    """Opens sessions; connects on first use.

    At most `connections` are open at once: as many as the process has threads that use it. A thread that gets
    none within `patience` seconds gets sqlalchemy.exc.TimeoutError.
    """

    def __init__(self, url: str, *, connections: int = _CONNECTIONS, patience: float = 30.0) -> None:
        self._url = make_url(url)
        pool = {"pool_size": connections, "max_overflow": 0, "pool_timeout": patience}
        self.engine = _sqlite_engine(url, pool) if self.is_sqlite else _postgres_engine(url, pool)
        # A waiting SQLite writer sleeps for growing intervals; the threads of one process wait on this lock
        # instead, which wakes the next one at once.
        self._write_lock: AbstractContextManager[Any] = RLock() if self.is_sqlite else nullcontext()
        self._read_info: Mapping[str, Any] = {}

    def reading_with(self, info: Mapping[str, Any]) -> "Database":
        """The same database, with the same connections; its sessions that read have `info`."""
        same = copy(self)
        same._read_info = info
        return same

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, the embedded database."""
        return self._url.get_backend_name() == "sqlite"

    @property
    def path(self) -> Path | None:
        """The SQLite file, None for a server."""
        return Path(self._url.database) if self.is_sqlite and self._url.database else None

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A session that reads; changes are rolled back."""
        with Session(self.engine, expire_on_commit=False, info=dict(self._read_info)) as session:
            yield session

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A session that writes; commits at the end, rolls back on an error.

        On SQLite it takes the write lock at once: a transaction that began with a read cannot wait for it.
        """
        engine = self.engine.execution_options(write=True)
        with self._write_lock, Session(engine, expire_on_commit=False) as session:
            yield session
            session.commit()

    def write_one(self, statement: UpdateBase) -> int:
        """On SQLite, execute one statement as a transaction of its own; returns how many rows it changed.

        SQLite holds the write lock only inside of the call that executes it. In a session it also does while
        Python waits for its other threads, one of which may have a low priority.
        """
        engine = self.engine.execution_options(alone=True)
        with self._write_lock, engine.connect() as connection, _soon(connection) as attempt:
            while True:
                try:
                    return connection.execute(statement).rowcount
                except OperationalError as error:
                    if not attempt.again(error.orig):
                        raise

    def dispose(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def read_clock(session: Session) -> datetime:
    """The current time in UTC, from the database server, so that the clocks of hosts need not agree."""
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    now: datetime = session.scalars(select(func.clock_timestamp())).one()
    return now.astimezone(UTC)


def read_clock_once(session: Session) -> datetime:
    """The time of the session's first call: precise enough for one short transaction."""
    if "clock" not in session.info:
        session.info["clock"] = read_clock(session)
    now: datetime = session.info["clock"]
    return now


def in_slices(ids: Collection[_Id]) -> Iterator[Sequence[_Id]]:
    """Sorted ids or hashes in slices of at most IDS_PER_QUERY."""
    ordered = sorted(ids)
    for start in range(0, len(ordered), IDS_PER_QUERY):
        yield ordered[start : start + IDS_PER_QUERY]


def insert_new(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]], keys: Sequence[str]
) -> None:
    """Insert the rows whose unique `keys` do not exist yet; existing rows are not changed."""
    if not rows:
        return
    dialect = sqlite_insert if session.get_bind().dialect.name == "sqlite" else postgres_insert
    statement = dialect(table).on_conflict_do_nothing(index_elements=list(keys))
    session.connection().execute(statement, list(rows))


def has_rows_changed(error: IntegrityError) -> bool:
    """Whether rows that the refused ones refer to, or that refer to them, came or went meanwhile."""
    if isinstance(error.orig, sqlite3.Error):
        return error.orig.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY
    return getattr(error.orig, "sqlstate", None) == _FOREIGN_KEY_VIOLATION


def rows_changed() -> TransientError:
    """The error of work on rows that somebody else has deleted meanwhile, or added others to."""
    return TransientError(
        "rows_changed", "What this refers to was deleted meanwhile, or got further rows. Try again."
    )


def _postgres_engine(url: str, pool: Mapping[str, Any]) -> Engine:
    given = make_url(url).query
    own = {name: value for name, value in _KEEPALIVE.items() if name not in given}
    engine = create_engine(url, pool_pre_ping=True, connect_args=own, **pool)
    event.listen(engine, "connect", _keep_alive)
    return engine


def _keep_alive(connection: "psycopg.Connection", _record: Any) -> None:
    """Let the server look for us too: it holds our row locks until it knows that we are gone."""
    connection.autocommit = True
    connection.execute(_SERVER_KEEPALIVE)
    connection.autocommit = False


def _sqlite_engine(url: str, pool: Mapping[str, Any]) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_MILLISECONDS / 1000}, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    """Write-ahead log, so that readers never wait; and our own BEGIN in place of the driver's."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "foreign_keys=ON",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    options = connection.get_execution_options()
    if options.get("write", False):
        _begin_writing(connection)
    elif not options.get("alone", False):
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Take the write lock as soon as it is free."""
    with _soon(connection) as attempt:
        while True:
            try:
                attempt.driver.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if not attempt.again(error):
                    break
        # Raises the error as one of SQLAlchemy.
        connection.exec_driver_sql("BEGIN IMMEDIATE")


class _Attempts:
    """Attempts to take the write lock of SQLite, a millisecond apart."""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self.driver, self._until = driver, time.monotonic() + _BUSY_MILLISECONDS / 1000

    def again(self, error: BaseException | None) -> bool:
        """Whether to try again after this error, a moment later."""
        # The extended codes of SQLITE_BUSY have it in their last byte.
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            return False
        time.sleep(_ATTEMPT_SECONDS)
        return time.monotonic() < self._until


@contextmanager
def _soon(connection: Connection) -> Iterator[_Attempts]:
    """SQLite answers at once where somebody has the lock, instead of waiting itself."""
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.execute("PRAGMA busy_timeout=0")
    try:
        yield _Attempts(driver)
    finally:
        driver.execute(f"PRAGMA busy_timeout={_BUSY_MILLISECONDS}")
