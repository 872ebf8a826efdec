"""`maskloop retention` counts first, and deletes only when told to."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.database import Database, read_clock
from models import Job
from tests.unit.web.commands.conftest import Say
from tests.unit.web.finished_job import add_finished_job


@pytest.fixture
def job_id(database: Database, photos: Path) -> int:
    """A job that ended 40 days ago."""
    job_id = add_finished_job(database, photos)
    with database.write() as rows:
        rows.execute(update(Job).values(finished_at=read_clock(rows) - timedelta(days=40)))
    return job_id


def _kinds(database: Database) -> list[str]:
    with database.read() as rows:
        return list(rows.scalars(select(Job.kind).order_by(Job.id)))


def test_it_counts_then_deletes(say: Say, database: Database, job_id: int) -> None:
    words = ("retention", "job", str(job_id))
    assert "pictures that would be deleted now: 10" in say(*words).stdout
    assert json.loads(say(*words, "--days", "41", "--json").stdout)["due"] == 0
    refused = say(*words, "--delete", input="n\n")
    assert refused.exit_code == 1 and "Delete 10 pictures" in refused.stderr
    assert _kinds(database) == ["predict"]
    assert json.loads(say(*words, "--delete", "--yes", "--json").stdout)["kind"] == "retention"
    assert _kinds(database) == ["predict", "retention"]


def test_what_is_wrong_is_said_by_its_code(say: Say) -> None:
    refused = say("retention", "job", "street")
    assert (refused.exit_code, refused.stderr.split(":")[1].strip()) == (2, "retention_invalid")
