"""A group table is made once for all labels, and again as soon as something was decided or read."""

from collections.abc import Sequence

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from core.access.limits import Limits, set_limits
from core.access.sessions import limit_database
from core.accounts import add_account, ensure_owner
from core.database import Database
from core.groups.grouping import By, Grouping
from core.groups.table import GroupTable, group_table
from core.labels.decisions import Origin, add_decision
from models import Job, Label, Role
from tests.access_rows import add_schedule_of
from tests.group_rows import add_job, files
from web.groups import kept
from web.groups.kept import kept_table


@pytest.fixture
def survey(database: Database) -> int:
    with database.write() as rows:
        return add_job(rows, files("gate/{}.jpg", 6, 2), version_id=1).id


class Counter:
    """Makes tables, and counts them."""

    def __init__(self, app: Flask, database: Database, job_id: int) -> None:
        self.made = 0
        self.app, self.database, self.job_id = app, database, job_id

    def _make(self, session: Session, jobs: Sequence[Job], grouping: Grouping) -> GroupTable:
        self.made += 1
        return group_table(session, jobs, grouping)

    def table(self, by: By = By.FOLDER) -> GroupTable:
        with self.app.app_context(), self.database.read() as rows:
            return kept_table(rows, [rows.get_one(Job, self.job_id)], Grouping(by=by), self._make)


def test_a_table_is_made_once_until_something_is_decided(app: Flask, database: Database, survey: int) -> None:
    counter = Counter(app, database, survey)
    assert counter.table() is counter.table()
    counter.table(By.DAY)
    assert counter.made == 2
    with database.write() as rows:
        add_decision(rows, 1, Label.WITHOUT_MASK, Origin(account_id=ensure_owner(rows).id, queue="results"))
    counter.table()
    assert counter.made == 3
    with database.write() as rows:
        rows.get_one(Job, survey).photos_done += 1
    counter.table()
    assert counter.made == 4


def test_a_limited_account_shares_no_table(app: Flask, database: Database, survey: int) -> None:
    with database.write() as rows:
        account = add_account(rows, "vic", Role.VIEWER)
        schedule = add_schedule_of(rows, rows.get_one(Job, survey))
        set_limits(rows, account, Limits(series=(schedule,)))
    free = Counter(app, database, survey)
    limited = Counter(app, limit_database(database, account), survey)
    assert limited.table() is not free.table()
    assert (limited.made, free.made) == (1, 1)


def test_tables_are_not_kept_for_long_nor_all_of_them(
    app: Flask, database: Database, survey: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter = Counter(app, database, survey)
    monkeypatch.setattr(kept, "_MOST", 1)
    for by in (By.FOLDER, By.DAY, By.FOLDER):
        counter.table(by)
    assert counter.made == 3
    monkeypatch.setattr(kept, "_SECONDS", 0.0)
    counter.table()
    assert counter.made == 4
