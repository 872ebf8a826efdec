"""Copy the database as it is at one moment, while others write."""

import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from psycopg import Connection, Cursor, sql

from core.backup.manifest import Entry, SequenceEntry, TableEntry
from core.backup.objects import Objects, make_private
from core.database import Database
from core.errors import PermanentError

#: The name of the entry that holds the file of SQLite.
SQLITE_FILE = "maskloop.sqlite"
_VERSIONS = "alembic_version"
#: In a database that a restore has filled and not left yet: the name of the backup.
UNFINISHED_TABLE = "restore_unfinished"


def copy_database(database: Database, objects: Objects, scratch: Path) -> tuple[str, list[Entry]]:
    """The newest migration, and one entry a table; PermanentError schema_unknown.

    SQLite's own VACUUM INTO reads in one transaction and does not hinder writers; PostgreSQL is read in one
    transaction of isolation level REPEATABLE READ.
    """
    if database.path is not None:
        return _copy_sqlite(database.path, objects, scratch)
    with database.engine.connect() as connection:
        driver: Connection[tuple[object, ...]] = connection.connection.driver_connection  # type: ignore[assignment]
        with driver.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return _read_schema(cursor), [*_copy_tables(cursor, objects), *_read_sequences(cursor)]


def _copy_sqlite(path: Path, objects: Objects, scratch: Path) -> tuple[str, list[Entry]]:
    if not path.exists():
        raise PermanentError("database_missing", f"There is no database {path}.")
    copy = scratch / f"{secrets.token_hex(16)}.sqlite"
    make_private(scratch)
    copy.touch(mode=0o600)
    try:
        with closing(sqlite3.connect(f"file:{_quoted(path)}?mode=rw", uri=True, timeout=30)) as own:
            own.execute("VACUUM INTO ?", (str(copy),))
        with closing(sqlite3.connect(copy)) as made:
            schema = _version(row[0] for row in made.execute(f"SELECT version_num FROM {_VERSIONS}"))  # noqa: S608
        content = objects.put_file(copy)
    except sqlite3.OperationalError as error:
        raise PermanentError("database_unavailable", f"The database cannot be copied: {error}.") from error
    finally:
        copy.unlink(missing_ok=True)
    return schema, [TableEntry(table=SQLITE_FILE, columns=(), rows=0, **vars(content))]


def _quoted(path: Path) -> str:
    return str(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")


def _version(found: Iterator[object]) -> str:
    version = next(found, None)
    if version is None:
        raise PermanentError("schema_unknown", "The database has no schema version; run `maskloop setup`.")
    return str(version)


def _read_schema(cursor: Cursor[tuple[object, ...]]) -> str:
    if cursor.execute("SELECT to_regclass(%s)", (_VERSIONS,)).fetchone() == (None,):
        return _version(iter(()))
    rows = cursor.execute(f"SELECT version_num FROM {_VERSIONS}").fetchall()  # noqa: S608
    return _version(row[0] for row in rows)


def _copy_tables(cursor: Cursor[tuple[object, ...]], objects: Objects) -> Iterator[TableEntry]:
    for table in list_tables(cursor):
        columns = _list_columns(cursor, table)
        text = sql.SQL("COPY {} ({}) TO STDOUT").format(
            sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, columns))
        )
        lines = _Lines()
        with cursor.copy(text) as copy:
            content = objects.put(lines.counted(bytes(chunk) for chunk in copy))
        yield TableEntry(table=table, columns=columns, rows=lines.number, **vars(content))


class _Lines:
    """Counts the rows: COPY writes one a line."""

    number = 0

    def counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self.number += chunk.count(b"\n")
            yield chunk


def list_tables(cursor: Cursor[tuple[object, ...]]) -> list[str]:
    """Names of the tables of the service, in alphabetical order."""
    not_ours = (_VERSIONS, UNFINISHED_TABLE)
    query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename"
    return [str(name) for (name,) in cursor.execute(query).fetchall() if name not in not_ours]


def _list_columns(cursor: Cursor[tuple[object, ...]], table: str) -> list[str]:
    query = (
        "SELECT column_name FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = %s AND is_generated = 'NEVER'"
        " ORDER BY ordinal_position"
    )
    return [str(name) for (name,) in cursor.execute(query, (table,)).fetchall()]


def _read_sequences(cursor: Cursor[tuple[object, ...]]) -> Iterator[SequenceEntry]:
    """Sequences stand outside transactions: they are read last, so that no number is given twice."""
    query = (
        "SELECT sequencename, last_value FROM pg_sequences"
        " WHERE schemaname = current_schema() AND last_value IS NOT NULL ORDER BY sequencename"
    )
    for name, last in cursor.execute(query).fetchall():
        yield SequenceEntry(sequence=str(name), last=int(str(last)))
