"""Copy the rows of all tables from one database to an empty one, in one transaction, and compare them."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, func, insert, inspect, select, text

from core.errors import InputError, PermanentError
from models import Base, Installation

#: Rows that are read and written at a time.
_AT_ONCE = 2_000


def require_known_tables(source: Connection) -> None:
    """Raise PermanentError move_unknown_table for a table that this release would leave behind."""
    unknown = sorted(set(inspect(source).get_table_names()) - set(Base.metadata.tables) - {"alembic_version"})
    if unknown:
        raise PermanentError(
            "move_unknown_table", f"This release does not know the tables {', '.join(unknown)}."
        )


def installation_of(connection: Connection) -> str | None:
    """The id of the installation in a database; None without one, or without tables."""
    if Installation.__tablename__ not in inspect(connection).get_table_names():
        return None
    return connection.scalar(select(Installation.folder_id))


def is_moved(source: Connection, target: Connection) -> bool:
    """Whether an earlier run has copied the rows already; InputError move_target_not_empty."""
    there = installation_of(target)
    if there is None:
        used = "account" in inspect(target).get_table_names() and target.scalar(text("SELECT 1 FROM account"))
    else:
        used = there != installation_of(source)
    if used:
        raise InputError(
            "move_target_not_empty", "The database of MASKLOOP_DATABASE_URL holds another installation."
        )
    return there is not None


def copy_rows(source: Connection, target: Connection) -> int:
    """Copy all rows into tables that hold nothing but what migrations wrote; returns how many.

    The caller commits after `require_same_rows`: a kill leaves an empty database.
    """
    for table in reversed(Base.metadata.sorted_tables):
        target.execute(table.delete())
    copied = 0
    for table in Base.metadata.sorted_tables:
        for some in _slices(source, table):
            target.execute(insert(table), [dict(row._mapping) for row in some])
            copied += len(some)
    _set_sequences(target)
    return copied


def require_same_rows(source: Connection, target: Connection) -> int:
    """Compare the count and a hash of the rows of each table; PermanentError move_not_the_same."""
    compared = 0
    for table in Base.metadata.sorted_tables:
        count = source.scalar(select(func.count()).select_from(table)) or 0
        found = target.scalar(select(func.count()).select_from(table))
        if count != found or _hash(source, table) != _hash(target, table):
            raise PermanentError(
                "move_not_the_same", f"The table {table.name} is not the same in both databases."
            )
        compared += count
    return compared


def _slices(connection: Connection, table: Table) -> Iterator[Sequence[Row[Any]]]:
    ordered = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=_AT_ONCE)
    yield from connection.execute(ordered).partitions()


def _hash(connection: Connection, table: Table) -> bytes:
    """Of all rows, whatever order a database sorts text in."""
    total = 0
    for some in _slices(connection, table):
        for row in some:
            line = repr([_plain(value) for value in row]).encode("utf-8", "surrogatepass")
            total = (total + int.from_bytes(hashlib.sha256(line).digest(), "big")) % (1 << 256)
    return total.to_bytes(32, "big")


def _plain(value: Any) -> Any:
    """A value whose text is the same for both databases."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return sorted((key, _plain(one)) for key, one in value.items())
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return bytes(value) if isinstance(value, memoryview) else value


def _set_sequences(target: Connection) -> None:
    """New rows go on behind the highest number of each table."""
    for table in Base.metadata.sorted_tables:
        column = table.autoincrement_column
        if column is None:
            continue
        name = target.scalar(select(func.pg_get_serial_sequence(f'"{table.name}"', column.name)))
        highest = target.scalar(select(func.max(column)))
        if name is not None and highest is not None:
            target.execute(select(func.setval(name, highest)))
