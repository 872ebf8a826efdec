"""Alembic's entry: runs migrations on the database that its configuration names."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import create_engine

from models import Base
from models.base import UtcDateTime

config = context.config


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Migrations stand alone: our own column types are written as what the database stores."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Apply the migrations in one transaction; tables are rebuilt where SQLite cannot alter them."""
    url = config.get_main_option("sqlalchemy.url")
    assert url is not None
    engine = create_engine(url, connect_args={"timeout": 30} if url.startswith("sqlite") else {})
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
                # Alembic leaves a transaction that it did not begin to its owner.
                connection.commit()
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_as_batch=connection.dialect.name == "sqlite",
                render_item=_render,
            )
            with context.begin_transaction():
                context.run_migrations()
    finally:
        engine.dispose()


run()
