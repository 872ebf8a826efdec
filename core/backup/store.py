"""Write the database of a backup into an empty one."""

from collections.abc import Sequence
from contextlib import closing
from graphlib import TopologicalSorter
from pathlib import Path

from psycopg import Connection, Cursor, sql
from sqlalchemy import inspect

from core.backup.manifest import Entry, SequenceEntry, TableEntry
from core.backup.objects import Objects
from core.backup.queries import UNFINISHED_TABLE, list_tables
from core.database import Database
from core.errors import InputError
from core.jobs.finish import release_all
from core.system.store import forget_all


def is_filled(database: Database, *, begun: str | None) -> bool:
    """Whether a restore of the backup `begun`, which was killed, has filled the database already.

    Raises InputError restore_target_not_empty for a database of somebody else: it has people in it, whatever
    the data folder says.
    """
    if database.path is not None:
        if database.path.exists() and begun is None:
            raise not_empty(f"the database {database.path}")
        return False
    with database.read() as session:
        connection = session.connection()
        tables = inspect(connection).get_table_names()
        if begun is not None and UNFINISHED_TABLE in tables:
            name = connection.exec_driver_sql(f"SELECT name FROM {UNFINISHED_TABLE}").scalar()  # noqa: S608
            return bool(name == begun)
        used = "account" in tables and connection.exec_driver_sql("SELECT 1 FROM account").first()
        if used or (tables and begun is None):
            raise not_empty("the database")
        return False


def not_empty(what: str) -> InputError:
    """The error of a target that holds something."""
    return InputError(
        "restore_target_not_empty",
        f"A backup is restored into an empty data folder and database; there is something in {what}.",
    )


def write_sqlite(entry: TableEntry, objects: Objects, path: Path) -> None:
    """Put the file in place, whole or not at all."""
    temporary = path.with_name(f"{path.name}.restored")
    with temporary.open("wb") as file:
        temporary.chmod(0o600)
        for chunk in objects.read(entry.content):
            file.write(chunk)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    temporary.replace(path)


def write_postgres(database: Database, objects: Objects, entries: Sequence[Entry], *, name: str) -> None:
    """Fill the tables, which are there and empty but for what migrations wrote, in one transaction.

    It leaves the name of the backup in the database, until `leave` is called.
    """
    tables = {entry.table: entry for entry in entries if isinstance(entry, TableEntry)}
    with closing(database.engine.raw_connection()) as raw:
        driver: Connection[tuple[object, ...]] = raw.driver_connection  # type: ignore[assignment]
        with driver.transaction(), driver.cursor() as cursor:
            cursor.execute(f"CREATE TABLE {UNFINISHED_TABLE} (name TEXT)")
            cursor.execute(f"INSERT INTO {UNFINISHED_TABLE} VALUES (%s)", (name,))  # noqa: S608
            names = list_tables(cursor)
            all_names = sql.SQL(", ").join(map(sql.Identifier, names))
            cursor.execute(sql.SQL("TRUNCATE {} RESTART IDENTITY").format(all_names))
            for table in _in_order(cursor, names):
                _fill(cursor, tables[table], objects)
            for entry in entries:
                if isinstance(entry, SequenceEntry):
                    cursor.execute("SELECT setval(%s::regclass, %s)", (f'"{entry.sequence}"', entry.last))


def _in_order(cursor: Cursor[tuple[object, ...]], names: Sequence[str]) -> list[str]:
    """Tables after those that their foreign keys name."""
    query = (
        "SELECT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint"
        " WHERE contype = 'f' AND conrelid <> confrelid AND connamespace = current_schema()::regnamespace"
    )
    graph: dict[str, set[str]] = {name: set() for name in names}
    for table, named in cursor.execute(query).fetchall():
        graph[str(table)].add(str(named))
    return list(TopologicalSorter(graph).static_order())


def _fill(cursor: Cursor[tuple[object, ...]], entry: TableEntry, objects: Objects) -> None:
    text = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(entry.table), sql.SQL(", ").join(map(sql.Identifier, entry.columns))
    )
    with cursor.copy(text) as copy:
        for chunk in objects.read(entry.content):
            copy.write(chunk)


def let_go(database: Database) -> None:
    """Release what processes of the other installation held: none of them is alive here."""
    with database.write() as session:
        release_all(session)
        forget_all(session)


def leave(database: Database) -> None:
    """Forget that the database was restored: the restore has ended."""
    if database.path is None:
        with database.write() as session:
            session.connection().exec_driver_sql(f"DROP TABLE IF EXISTS {UNFINISHED_TABLE}")
