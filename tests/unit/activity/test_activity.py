"""Entries of the activity log are added with the change, found, exported and deleted when they are old."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from core.activity.queries import ActivityFilter, export_activity, list_activity
from core.activity.store import Deed, forget_old, write_activity
from core.database import Database, read_clock
from models import Activity, ActivityKind


def _deed(kind: ActivityKind = ActivityKind.DOWNLOADED, who: str = "ann", **about: object) -> Deed:
    return Deed(kind=kind, account_id=None, who=who, client="10.0.0.1", route="GET /x", about=about)


def _write(db: Database, *deeds: Deed) -> None:
    with db.write() as session:
        for deed in deeds:
            write_activity(session, deed)


def test_filters_and_pages(db: Database) -> None:
    _write(db, *(_deed(job_id=n) for n in range(3)), _deed(ActivityKind.SIGNED_IN, "bob"))
    with db.read() as session:
        assert [entry.who for entry in list_activity(session, ActivityFilter())] == [
            "bob",
            "ann",
            "ann",
            "ann",
        ]
        of_ann = list_activity(session, ActivityFilter(who="ann"), limit=2)
        assert [entry.about["job_id"] for entry in of_ann] == [2, 1]
        older = list_activity(session, ActivityFilter(who="ann"), before_id=of_ann[-1].id)
        assert [entry.about["job_id"] for entry in older] == [0]
        assert len(list_activity(session, ActivityFilter(kind=ActivityKind.SIGNED_IN))) == 1
        now = read_clock(session)
        assert not list_activity(session, ActivityFilter(since=now + timedelta(seconds=5)))
        assert not list_activity(session, ActivityFilter(until=now - timedelta(seconds=5)))


def test_the_export_is_read_piece_by_piece(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.activity.queries._LINES_AT_ONCE", 2)
    _write(db, *(_deed(job_id=n) for n in range(5)))
    pieces = list(export_activity(db.read, ActivityFilter()))
    assert len(pieces) == 3
    lines = [json.loads(line) for line in b"".join(pieces).splitlines()]
    assert [line["about"]["job_id"] for line in lines] == [0, 1, 2, 3, 4]
    rest = b"".join(export_activity(db.read, ActivityFilter(), after=lines[2]["id"]))
    assert [json.loads(line)["id"] for line in rest.splitlines()] == [line["id"] for line in lines[3:]]


def test_names_that_somebody_gave_are_cut_and_printable(db: Database) -> None:
    _write(db, _deed(ActivityKind.SIGN_IN_FAILED, "\x1b[2J\0" + "x" * 100))
    with db.read() as session:
        who = session.scalars(select(Activity.who)).one()
    assert len(who) == 64 and who.isprintable()


def test_old_entries_go_in_slices(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.activity.store._DELETED_AT_ONCE", 2)
    _write(db, *(_deed(job_id=n) for n in range(4)))
    with db.write() as session:
        old = read_clock(session) - timedelta(days=31)
        session.execute(update(Activity).where(Activity.id <= 3).values(at=old))
        assert forget_old(session, days=0) == 0
        assert [forget_old(session, days=30) for _ in range(3)] == [2, 1, 0]
        assert session.scalars(select(Activity.about)).one() == {"job_id": 3}


def test_an_entry_goes_with_its_transaction(db: Database) -> None:
    with pytest.raises(RuntimeError), db.write() as session:
        write_activity(session, _deed())
        session.flush()
        raise RuntimeError("the change fails")
    with db.read() as session:
        assert not session.scalars(select(Activity)).all()
