"""Wait until a transaction waits for another one."""

import time

from sqlalchemy import text

from core.database import Database

_WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
)


def wait_for_lock(db: Database, seconds: float = 30) -> None:
    """Return once a transaction of this PostgreSQL database waits for a lock."""
    until = time.monotonic() + seconds
    # A transaction sees pg_stat_activity as it was when it first looked.
    while not _is_waiting(db):
        assert time.monotonic() < until, "nobody waits for a lock"
        time.sleep(0.01)


def _is_waiting(db: Database) -> bool:
    with db.read() as session:
        return session.scalars(_WAITING).one() > 0
