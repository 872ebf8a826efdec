"""Versions and datasets are listed, evaluated, promoted and rolled back by commands."""

import json

import pytest

from core.database import Database
from models import Job
from tests.unit.web.commands.conftest import Say
from tests.unit.web.test_versions import Setting


@pytest.fixture
def at(database: Database) -> Setting:
    return Setting(database)


def test_versions_are_listed_and_shown_with_the_gate(say: Say, at: Setting) -> None:
    lines = [line.split("\t")[:2] for line in say("versions").stdout.splitlines()]
    assert lines == [[str(at.worse), "no"], [str(at.better), "no"], [str(at.champion), "yes"]]
    shown = say("versions", str(at.worse)).stdout
    assert "passes the gate: no" in shown and "\ngate: " in shown
    assert json.loads(say("versions", str(at.better), "--json").stdout)["gate"]["passed"] is True
    assert say("versions", "99").exit_code == 4


def test_a_version_is_promoted_by_the_gate_and_rolled_back(say: Say, at: Setting) -> None:
    refused = say("promote", str(at.worse))
    assert refused.exit_code == 2 and refused.stderr.startswith("maskloop: gate_not_passed: ")
    assert f"Version {at.better}, " in say("promote", str(at.better)).stdout
    reason = ("--overrule", "--reason", "It knows scarves, which the test set lacks.")
    assert say("promote", str(at.worse), *reason).exit_code == 0
    assert json.loads(say("rollback", "--json").stdout)["id"] == at.better


def test_an_evaluation_is_a_job(say: Say, at: Setting, database: Database) -> None:
    made = say("evaluate", str(at.better), "--dataset", str(at.dataset))
    assert made.exit_code == 0, made.stderr
    with database.read() as rows:
        assert rows.get_one(Job, int(made.stdout)).kind == "evaluate"


def test_datasets_are_listed_shown_compared_and_pinned(say: Say, at: Setting) -> None:
    number = str(at.dataset)
    assert say("dataset", "list").stdout.split("\t")[0] == number
    assert "faces: " in say("dataset", "show", number).stdout
    faces = json.loads(say("dataset", "faces", number, "--split", "test", "--json").stdout)
    assert faces and {face["split"] for face in faces} == {"test"}
    assert json.loads(say("dataset", "compare", number, number, "--json").stdout)["counts"]
    assert "is the golden test set" in say("dataset", "pin", number).stdout
    assert say("dataset", "show", "99").exit_code == 4


def test_a_freeze_is_requested(say: Say, database: Database) -> None:
    assert say("dataset", "freeze", "--agreeing", "2", "--title", "Winter").stdout == "1\n"
    with database.read() as rows:
        job = rows.get_one(Job, 1)
    assert (job.kind, job.title, job.options["freeze"]["agreeing"]) == ("freeze", "Winter", 2)
