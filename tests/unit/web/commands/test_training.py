"""A training is requested from a service; when it has ended its version is shown."""

import json
from typing import Any

import pytest
from flask import Flask

from benchmarks.training_faces import add_faces
from core.database import Database
from core.training import job_kind
from models import Job, Label
from tests.unit.web.commands.conftest import Say
from tests.unit.web.test_versions import Setting
from web.commands import following


@pytest.fixture
def labelled(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces to train on; TensorFlow need not be there."""
    add_faces(database, app.extensions["maskloop"].settings, [Label.WITH_MASK, Label.WITHOUT_MASK])
    monkeypatch.setattr(job_kind, "missing_modules", list)


def test_a_training_is_requested(say: Say, labelled: None, database: Database) -> None:
    made = say("train", "--fine-tune", "3", "--seed", "7", "-o", "patience=2", "--no-wait")
    assert made.exit_code == 0, made.stderr
    with database.read() as rows:
        job = rows.get_one(Job, int(made.stdout))
    wanted = {"fine_tune_epochs": 3, "seed": 7, "patience": 2, "promote_by": "person"}
    assert job.kind == "train" and job.options | wanted == job.options


def test_what_is_missing_is_said(over_http: Say, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job_kind, "missing_modules", list)
    said = over_http("train")
    assert said.exit_code == 2 and said.stderr.startswith("maskloop: no_decisions: ")


def test_the_version_is_shown_when_the_training_has_ended(
    over_http: Say, labelled: None, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Setting(database)
    follow = following.follow

    def ended(service: Any, job_id: int, output: Any, **_: Any) -> Any:
        with database.write() as rows:
            job = rows.get_one(Job, job_id)
            job.state, job.classifier_version_id = "done", at.better
        return follow(service, job_id, output)

    monkeypatch.setattr(following, "follow", ended)
    said = over_http("train", "--json")
    assert said.exit_code == 0, said.stderr
    assert json.loads(said.stdout)["id"] == at.better
