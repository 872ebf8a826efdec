"""A clock that can be set while the service runs, since the machine's own must not be.

It is the clock by which the service keeps leases, pauses, schedules and signs of life: `read_clock`. On
PostgreSQL that is the server's, for which a function of the same name stands before the built-in one. On
SQLite it is the one of each process, to which every Python of a run adds an offset from a file.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from types import ModuleType
from typing import Protocol

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from core import database

#: Loaded by Python before anything else of a process.
_HOOK = '''
"""Add the offset of a file to the clock of core.database."""
import importlib.util
import sys


class _Finder:
    def find_spec(self, name, path=None, target=None):
        if name != "core.database":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        load = spec.loader.exec_module

        def exec_module(module):
            load(module)
            from benchmarks.chaos.clock import set_clock

            set_clock(module, {path!r})

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _Finder())
'''


class Clock(Protocol):
    """The clock of a run."""

    #: What the processes of the service need in their environment.
    environment: dict[str, str]

    def step(self, seconds: float) -> None:
        """Set it forward, or back where negative, for good."""
        ...

    def here(self) -> AbstractContextManager[None]:
        """Use it in this process too, which requests jobs."""
        ...


def set_clock(module: ModuleType, path: str) -> None:
    """Let a module's `datetime.now` tell the time plus the seconds that the file holds."""

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + timedelta(seconds=float(Path(path).read_text()))

    vars(module)["datetime"] = Shifted


class FileClock:
    """The clock of a service on SQLite."""

    def __init__(self, folder: Path, *, python_path: str) -> None:
        folder.mkdir()
        self._file, self._seconds = folder / "offset", 0.0
        self._write()
        (folder / "sitecustomize.py").write_text(_HOOK.replace("{path!r}", repr(str(self._file))))
        self.environment = {"PYTHONPATH": f"{folder}:{python_path}"}

    def step(self, seconds: float) -> None:
        """Set the clock of all processes."""
        self._seconds += seconds
        self._write()

    def _write(self) -> None:
        fresh = self._file.with_suffix(".new")
        fresh.write_text(str(self._seconds))
        fresh.rename(self._file)

    @contextmanager
    def here(self) -> Iterator[None]:
        """Use it in this process too, which requests jobs."""
        before = vars(database)["datetime"]
        set_clock(database, str(self._file))
        try:
            yield
        finally:
            vars(database)["datetime"] = before


class PostgresClock:
    """The clock of a PostgreSQL server, for connections that begin after it was made."""

    environment: dict[str, str]

    def __init__(self, url: str) -> None:
        self.environment = {}
        parts = make_url(url)
        self._dsn = f"host={parts.host} port={parts.port} user={parts.username} dbname={parts.database}"
        self._run(
            "CREATE TABLE chaos_clock (seconds double precision NOT NULL)",
            "INSERT INTO chaos_clock VALUES (0)",
            "CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT"
            " pg_catalog.clock_timestamp() + make_interval(secs => s.seconds) FROM public.chaos_clock s $$",
            f'ALTER DATABASE "{parts.database}" SET search_path = public, pg_catalog',
        )

    def step(self, seconds: float) -> None:
        """Set the server's clock."""
        statement = sql.SQL("UPDATE chaos_clock SET seconds = seconds + {}").format(sql.Literal(seconds))
        self._run(statement)

    def _run(self, *statements: str | sql.Composed) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode() if isinstance(statement, str) else statement)

    @contextmanager
    def here(self) -> Iterator[None]:
        """Nothing to do: this process asks the same server."""
        yield
