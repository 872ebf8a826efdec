"""Face detectors are listed, trained, evaluated, promoted and rolled back by commands."""

import json
from pathlib import Path

import pytest

from core.database import Database
from core.settings import Settings
from models import Job
from tests.detector_rows import BETTER, METRICS, add_detector
from tests.unit.web.commands.conftest import Say


@pytest.fixture
def two(database: Database, tmp_path: Path) -> tuple[int, int]:
    """A detector that does not pass the gate, and one that does."""
    settings = Settings(data=tmp_path / "data")
    with database.write() as rows:
        worse = add_detector(rows, settings, "worse", METRICS).id
        return worse, add_detector(rows, settings, "better", BETTER).id


def test_detectors_are_listed_and_shown_with_the_gate(say: Say, two: tuple[int, int]) -> None:
    lines = [line.split("\t")[:2] for line in say("detector", "list").stdout.splitlines()]
    assert lines == [[str(two[1]), "no"], [str(two[0]), "no"]]
    shown = say("detector", "show", str(two[0])).stdout
    assert "passes the gate: no" in shown and "\ngate: AP at IoU 0.5 did not rise" in shown
    assert json.loads(say("detector", "show", str(two[1]), "--json").stdout)["gate"]["passed"] is True
    assert say("detector", "show", "99").exit_code == 4


def test_a_detector_is_promoted_by_the_gate_and_rolled_back(say: Say, two: tuple[int, int]) -> None:
    refused = say("detector", "promote", str(two[0]))
    assert refused.exit_code == 2 and refused.stderr.startswith("maskloop: gate_not_passed: ")
    assert "better finds the faces of new jobs" in say("detector", "promote", str(two[1])).stdout
    assert "the installed detector finds" in say("detector", "rollback").stdout


def test_trainings_and_evaluations_are_jobs(say: Say, two: tuple[int, int], database: Database) -> None:
    made = say("detector", "evaluate", str(two[0]))
    assert made.exit_code == 0, made.stderr
    with database.read() as rows:
        assert rows.get_one(Job, int(made.stdout)).kind == "evaluate_detector"
    refused = say("detector", "train", "--steps", "100")
    assert refused.stderr.startswith(("maskloop: too_few_boxed: ", "maskloop: training_not_installed: "))
