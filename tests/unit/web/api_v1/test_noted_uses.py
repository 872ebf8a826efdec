"""The last use of a token is noted without holding up what the token is used for."""

import sqlite3
import threading
import time

from flask import Flask

from core.database import Database
from models import Scope
from tests.unit.web.api_v1.calling import caller, new_token

_DEADLINE = 20.0


def test_one_request_at_a_time_waits_to_note_a_use(app: Flask, database: Database) -> None:
    """Programs send many at once, and somebody else may be writing for long."""
    secret = new_token(database, Scope.READ)
    assert database.path is not None
    writer = sqlite3.connect(database.path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    statuses: list[int] = []

    def ask() -> None:
        statuses.append(caller(app, secret)("GET", "/jobs").status_code)

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(5)]
    for thread in threads:
        thread.start()
    until = time.monotonic() + _DEADLINE
    while len(statuses) < 4:
        assert time.monotonic() < until, "a request waits for the note of another"
        time.sleep(0.01)
    assert sum(thread.is_alive() for thread in threads) <= 1
    writer.execute("COMMIT")
    for thread in threads:
        thread.join(_DEADLINE)
    assert statuses == [200] * 5
    writer.close()
