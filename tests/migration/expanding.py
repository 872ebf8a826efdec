"""Whether a migration only expands: processes of the release before go on working beside it."""

import re
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, inspect


@dataclass(frozen=True, kw_only=True)
class Schema:
    """Tables with their columns, and what refuses rows, as the database has them."""

    columns: dict[tuple[str, str], dict[str, Any]]
    tables: frozenset[str]
    #: Table and columns that must be unique together.
    unique: frozenset[tuple[str, tuple[str, ...]]]
    #: Table and text of each condition that a row must meet.
    checks: frozenset[tuple[str, str]]
    #: Table, columns and the table that they lead to.
    keys: frozenset[tuple[str, tuple[str, ...], str]]


def read_schema(engine: Engine) -> Schema:
    """What the database has now."""
    found = inspect(engine)
    tables = found.get_table_names()
    unique = [(t, tuple(each["column_names"])) for t in tables for each in found.get_unique_constraints(t)]
    unique += [
        (t, tuple(filter(None, each["column_names"])))
        for t in tables
        for each in found.get_indexes(t)
        if each["unique"]
    ]
    return Schema(
        columns={(t, column["name"]): dict(column) for t in tables for column in found.get_columns(t)},
        tables=frozenset(tables),
        unique=frozenset(unique),
        checks=frozenset((t, each["sqltext"]) for t in tables for each in found.get_check_constraints(t)),
        keys=frozenset(
            (t, tuple(each["constrained_columns"]), each["referred_table"])
            for t in tables
            for each in found.get_foreign_keys(t)
        ),
    )


def find_contracting(before: Schema, after: Schema) -> list[str]:
    """What a process that knows only the earlier tables would stumble over, one line each."""
    lines = [f"{table}: the table is gone" for table in sorted(before.tables - after.tables)]
    for (table, name), column in after.columns.items():
        if table not in before.tables:
            continue
        earlier = before.columns.get((table, name))
        has_default = column.get("default") is not None or column.get("autoincrement") is True
        if earlier is None and not (column["nullable"] or has_default):
            lines.append(f"{table}.{name}: the new column has neither NULL nor a default of the server")
        if earlier is not None and earlier["nullable"] and not column["nullable"]:
            lines.append(f"{table}.{name}: NULL is not allowed any more")
        if earlier is not None and str(earlier["type"]) != str(column["type"]):
            lines.append(f"{table}.{name}: the type was {earlier['type']}, and is {column['type']}")
    gone = before.columns.keys() - after.columns.keys()
    lines += [f"{table}.{name}: the column is gone" for table, name in sorted(gone) if table in after.tables]
    for what in ("unique", "checks", "keys"):
        new = sorted(getattr(after, what) - getattr(before, what))
        lines += [f"{row[0]}: {what} {row[1]} is new" for row in new if _concerns_old(row, before)]
    return lines


def _concerns_old(row: tuple[Any, ...], before: Schema) -> bool:
    """Whether a condition is about an earlier column: old processes leave new ones at their defaults."""
    table, about, *_ = row
    known = {name for of, name in before.columns if of == table}
    named = set(re.findall(r"\w+", about)) if isinstance(about, str) else set(about)
    return bool(known & named)
