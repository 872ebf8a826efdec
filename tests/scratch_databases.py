"""PostgreSQL databases of tests, used again once they are as empty as new: making one takes twice as long."""

import time
import uuid

import psycopg
from psycopg.errors import ObjectInUse

from benchmarks.servers import PostgresServer

#: Tables, columns, constraints, triggers, functions and settings, and whether the planner has statistics.
_SHAPE = """
SELECT sum(hashtextextended(line, 0))::text FROM (
    SELECT concat_ws(' ', c.relname, c.relkind, a.attname, a.attnotnull, a.atttypid) AS line
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relnamespace = 'public'::regnamespace AND NOT a.attisdropped
    UNION ALL SELECT concat(conname, ' ', convalidated) FROM pg_constraint
    UNION ALL SELECT tgname || tgenabled::text FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    UNION ALL SELECT setconfig::text FROM pg_db_role_setting
    UNION ALL SELECT 'statistics' FROM pg_statistic s JOIN pg_class c ON c.oid = s.starelid
    WHERE c.relnamespace = 'public'::regnamespace
) AS lines
"""
#: Rows of every table are deleted without a look at foreign keys, and sequences begin anew.
_EMPTY = """
DO $$
DECLARE name text; filled boolean;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR name IN SELECT oid::regclass::text FROM pg_class
        WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0 LOOP
        EXECUTE 'SELECT EXISTS (SELECT 1 FROM ' || name || ')' INTO filled;
        IF filled THEN EXECUTE 'DELETE FROM ' || name; END IF;
    END LOOP;
    PERFORM setval(seqrelid, seqstart, false) FROM pg_sequence
        WHERE pg_sequence_last_value(seqrelid) IS NOT NULL;
END $$
"""
#: A database that has grown by more bytes is not used again: deleted rows stay in its files.
_GROWTH = 4_000_000
#: How long the connections of the last test may take to end.
_SECONDS = 1.0


class ScratchDatabases:
    """Databases with all tables and no rows, each with a name that no other test knew."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._admin = psycopg.connect(_address(server, "postgres"), autocommit=True)
        self._used: list[str] = []
        self._fresh = self._read_state(server.with_tables)

    def take(self) -> str:
        """The SQLAlchemy address of one."""
        while self._used:
            if (name := self._renamed(used := self._used.pop())) and self._is_as_new(name):
                return self._url(name)
            self._server.drop_database(name or used)
        return self._server.new_database(template=self._server.with_tables)

    def give_back(self, url: str) -> None:
        """A test has ended that took it."""
        self._used.append(url.rpartition("/")[2])

    def close(self) -> None:
        """Disconnect from the server."""
        self._admin.close()

    def _url(self, name: str) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._server.port}/{name}"

    def _renamed(self, name: str) -> str | None:
        """Its new name; None where somebody is still connected to it."""
        fresh, until = f"t{uuid.uuid4().hex[:12]}", time.monotonic() + _SECONDS
        while True:
            try:
                self._admin.execute(f"ALTER DATABASE {name} RENAME TO {fresh}")
                return fresh
            except ObjectInUse:
                if time.monotonic() > until:
                    return None
                time.sleep(0.01)

    def _is_as_new(self, name: str) -> bool:
        """Empty it; False where a test changed more than rows."""
        shape, size = self._read_state(name, first=_EMPTY)
        return shape == self._fresh[0] and size < self._fresh[1] + _GROWTH

    def _read_state(self, name: str, *, first: str = "SELECT 1") -> tuple[str, int]:
        with psycopg.connect(_address(self._server, name)) as database:
            database.execute(first)
            row = database.execute(f"SELECT ({_SHAPE}), pg_database_size(current_database())").fetchone()
        assert row is not None
        return row


def _address(server: PostgresServer, name: str) -> str:
    return f"host=127.0.0.1 port={server.port} user=postgres dbname={name}"
