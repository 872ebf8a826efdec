"""The shares of report files are counted in slices, between which a worker hears of a lost lease."""

import pytest

from core.database import Database
from core.groups.shares_view import shares_reader
from core.settings import Settings
from models import Job
from tests.audit_rows import SURE, AuditedJob


class Stopped(Exception):
    """What a lost lease raises."""


def test_they_are_counted_once_and_can_be_stopped(db: Database, settings: Settings) -> None:
    made = AuditedJob(db, settings, [SURE] * 3)
    slices: list[int] = []
    with db.read() as session:
        job = session.get_one(Job, made.id)
        read = shares_reader(session, job, each=lambda: slices.append(1))
        assert read() is read()
        assert len(slices) == 1
        assert read().rows[-1][read().columns.index("photos")] == 3

        def stop() -> None:
            raise Stopped

        with pytest.raises(Stopped):
            shares_reader(session, job, each=stop)()
