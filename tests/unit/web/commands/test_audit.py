"""`maskloop audit`: draws, prints shares and targets, on the data folder and over HTTP."""

import json
from collections.abc import Iterator
from threading import Event, Thread

import pytest
from click.testing import CliRunner
from flask import Flask

from core.database import Database
from core.settings import Settings
from models import Job, Label, Scope
from tests.audit_rows import BARE, SURE, AuditedJob
from tests.unit.web.commands.conftest import Say, make_token
from web.cli import main
from workers.engine import run_batches
from workers.handlers import HANDLERS


@pytest.fixture
def settings(app: Flask) -> Settings:
    return app.extensions["maskloop"].settings


@pytest.fixture
def job(database: Database, settings: Settings) -> AuditedJob:
    return AuditedJob(database, settings, [SURE] * 60 + [BARE] * 20)


@pytest.fixture
def _worker(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Draws what a service is asked to draw."""
    monkeypatch.setattr("web.commands.following._REMOTE_PAUSE", 0.05)
    stop = Event()

    def work() -> None:
        while not stop.wait(0.05):
            run_batches(database, settings, HANDLERS)

    thread = Thread(target=work, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.usefixtures("_worker")
def test_it_draws_and_prints(say: Say, job: AuditedJob) -> None:
    number = str(job.id)
    assert f"Job {number} has no audit sample. Draw one with --faces." in say("audit", number).stdout
    drawn = json.loads(say("audit", number, "--faces", "40", "--seed", "3", "--json").stdout)
    assert (drawn["waiting"], drawn["audited"], drawn["sample"]["seed"]) == (40, 0, 3)
    assert drawn["shares"]["with_mask"]["problem"] == "no audited faces: 30 needed"
    said = say("audit", number).stdout
    assert "0 audited faces of 80 found faces" in said and "40 faces are left in review queue 1" in said
    job.review(1, lambda face: Label.WITHOUT_MASK if face in job.faces[60:] else Label.WITH_MASK)
    said = say("audit", number, "--target", "with_mask=50").stdout
    assert "At least 50% with mask: met." in said
    found = json.loads(say("audit", number, "--target", "none", "--json").stdout)
    share = found["shares"]["with_mask"]
    assert share["low"] <= share["corrected"] <= share["high"]
    assert (found["target"], found["audited"], share["audited"]) == (None, 40, 40)


def test_what_is_wrong_is_said_in_one_line(say: Say, job: AuditedJob) -> None:
    for words, code, status in (
        ((str(job.id), "--target", "often"), "target_invalid", 2),
        (("99",), "job_not_found", 4),
        ((str(job.id), "--second", "20", "--new"), "audit_empty", 2),
    ):
        said = say("audit", *words)
        assert (said.exit_code, said.stderr.split(":")[1].strip()) == (status, code)


@pytest.mark.usefixtures("_worker")
def test_who_may_only_read_sees_the_shares_as_they_were_counted(
    over_http: Say, address: str, job: AuditedJob, database: Database
) -> None:
    assert over_http("audit", str(job.id), "--faces", "10").exit_code == 0
    with database.write() as rows:
        row = rows.get_one(Job, job.id)
        row.photos_done, row.photos_removed = row.photos_done - 1, 1
    env = {"MASKLOOP_URL": address, "MASKLOOP_TOKEN": make_token(database, Scope.READ)}
    said = CliRunner().invoke(main, ["audit", str(job.id)], env=env)
    assert said.exit_code == 0 and "removed since the faces were counted" in said.stderr
    assert "found faces" in said.stdout
