"""Migrations expand, so that old processes work beside a new one; a later release removes what none uses."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.script import Script, ScriptDirectory
from sqlalchemy import Engine, create_engine

from core.settings import Settings
from tests.migration.expanding import find_contracting, read_schema
from workers.migrating import alembic_config

#: The earlier ones came before anybody could have two releases.
_FIRST_CHECKED = "0039"
_CHANGELOG = Path(__file__).resolve().parents[2] / "CHANGELOG.md"


@pytest.fixture
def engine(settings: Settings) -> Iterator[Engine]:
    settings.data.mkdir()
    engine = create_engine(settings.sql_url)
    yield engine
    engine.dispose()


def test_every_migration_expands_or_names_the_release_that_stopped_using_what_it_removes(
    settings: Settings, engine: Engine
) -> None:
    config = alembic_config(settings)
    scripts = list(ScriptDirectory.from_config(config).walk_revisions())[::-1]
    checked = [script for script in scripts if script.revision >= _FIRST_CHECKED]
    command.upgrade(config, str(checked[0].down_revision))
    before = read_schema(engine)
    for script in checked:
        command.upgrade(config, script.revision)
        after = read_schema(engine)
        if _may_contract(script):
            continue
        assert find_contracting(before, after) == [], f"{script.path}: see docs/upgrade.md"
        before = after


def _may_contract(script: Script) -> bool:
    """Whether it says which release, out already, has stopped using what it removes."""
    release = getattr(script.module, "contracts_after", "")
    return bool(release) and release in released()


def released() -> list[str]:
    """Numbers of the releases that are out."""
    return re.findall(r"^## ([\d.]+)(?! \(not released yet\))\s*$", _CHANGELOG.read_text(), re.MULTILINE)


_TABLE = "CREATE TABLE thing (id INTEGER PRIMARY KEY, name VARCHAR(9) NOT NULL, note TEXT)"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("ALTER TABLE thing ADD COLUMN size INTEGER", []),
        ("ALTER TABLE thing ADD COLUMN size INTEGER NOT NULL DEFAULT 0", []),
        ("CREATE TABLE other (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)", []),
        ("CREATE INDEX plain ON thing (name)", []),
        ("ALTER TABLE thing ADD COLUMN other_id INTEGER REFERENCES thing (id)", []),
        ("ALTER TABLE thing ADD COLUMN size INTEGER CHECK (size > 1)", []),
        ("ALTER TABLE thing DROP COLUMN note", ["thing.note: the column is gone"]),
        (
            "ALTER TABLE thing RENAME COLUMN note TO remark",
            ["thing.note: the column is gone"],
        ),
        ("DROP TABLE thing", ["thing: the table is gone"]),
        ("CREATE UNIQUE INDEX one_name ON thing (name)", ["thing: unique ('name',) is new"]),
    ],
)
def test_what_old_processes_would_stumble_over_is_named(
    engine: Engine, change: str, found: list[str]
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(_TABLE)
    before = read_schema(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql(change)
    assert find_contracting(before, read_schema(engine)) == found


def test_stricter_columns_are_named(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(_TABLE)
    before = read_schema(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE thing")
        connection.exec_driver_sql(
            "CREATE TABLE thing (id INTEGER PRIMARY KEY, name VARCHAR(5) NOT NULL, note TEXT NOT NULL,"
            " size INTEGER NOT NULL)"
        )
    assert sorted(find_contracting(before, read_schema(engine))) == [
        "thing.name: the type was VARCHAR(9), and is VARCHAR(5)",
        "thing.note: NULL is not allowed any more",
        "thing.size: the new column has neither NULL nor a default of the server",
    ]
