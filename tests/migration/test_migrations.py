"""Migrations run up and down, and what they make equals the models."""

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from core.settings import Settings
from models import Base
from workers.migrating import alembic_config, migrate


def test_migrated_tables_equal_the_models(settings: Settings) -> None:
    settings.data.mkdir()
    migrate(settings)
    engine = create_engine(settings.sql_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []
    engine.dispose()


def test_down_and_up_again(settings: Settings) -> None:
    settings.data.mkdir()
    migrate(settings)
    command.downgrade(alembic_config(settings), "base")
    engine = create_engine(settings.sql_url)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    engine.dispose()
    migrate(settings)
    migrate(settings)
