"""The dry run of a retention by a program; the job itself is one like any other."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.database import Database, read_clock
from models import Job, Scope
from tests.unit.web.api_v1.calling import Call, caller, code_of, new_token
from tests.unit.web.finished_job import add_finished_job


@pytest.fixture
def job_id(database: Database, photos: Path) -> int:
    """A job over a folder that ended 40 days ago."""
    job_id = add_finished_job(database, photos)
    with database.write() as rows:
        rows.execute(update(Job).values(finished_at=read_clock(rows) - timedelta(days=40)))
    return job_id


def test_the_dry_run_counts_and_changes_nothing(call: Call, database: Database, job_id: int) -> None:
    asked = {"by": "job", "value": str(job_id)}
    plan = call("POST", "/retention/plan", json=asked).get_json()
    assert (plan["words"], plan["due"], plan["in_folders"]) == (f"job {job_id}, after 30 days", 10, 10)
    later = call("POST", "/retention/plan", json=asked | {"days": 41}).get_json()
    assert later["due"] == 0
    with database.read() as rows:
        assert rows.scalars(select(Job.kind)).all() == ["predict"]
    started = call("POST", "/jobs", json={"kind": "retention", "options": asked})
    assert (started.status_code, started.get_json()["kind"]) == (202, "retention")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"by": "job", "value": "x"}, "retention_invalid"),
        ({"by": "host", "value": " "}, "retention_invalid"),
        ({"by": "colour", "value": "1"}, "request_invalid"),
        ({"by": "job", "value": "1", "days": 0}, "request_invalid"),
        ({"by": "job", "value": "1", "years": 3}, "request_invalid"),
    ],
)
def test_what_is_not_understood_is_refused(call: Call, body: dict[str, object], code: str) -> None:
    assert code_of(call("POST", "/retention/plan", json=body)) == code


def test_it_needs_the_scope_admin(app: Flask, database: Database) -> None:
    program = caller(app, new_token(database, Scope.READ, Scope.SUBMIT))
    assert code_of(program("POST", "/retention/plan", json={"by": "job", "value": "1"})) == "scope_missing"
