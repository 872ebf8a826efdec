"""Crawls, searches for duplicates and extractions are requested, and recur by schedules."""

import json
from pathlib import Path

import pytest

from core.database import Database
from models import Job
from tests.unit.web.commands.conftest import Say


@pytest.mark.parametrize(
    ("words", "kind", "options"),
    [
        (
            ("crawl", "--phrase", "face mask", "--source", "commons", "--limit", "5"),
            "crawl",
            {"sources": ["commons"], "limit": 5},
        ),
        (("crawl", "--page", "https://a.org/", "--label", "incorrect"), "crawl", {"limit": 100}),
        (("dedup", "--distance", "4"), "dedup", {"distance": 4, "similar_above": None}),
        (("extract", "--smallest-face", "24"), "extract", {"smallest_face": 24}),
    ],
)  # fmt: skip
def test_a_kind_is_requested_with_its_own_options(
    say: Say, database: Database, words: tuple[str, ...], kind: str, options: dict[str, object]
) -> None:
    made = say(*words)
    assert made.exit_code == 0, made.stderr
    with database.read() as rows:
        job = rows.get_one(Job, int(made.stdout))
    assert job.kind == kind and job.options | options == job.options


def test_what_a_kind_refuses_is_said(say: Say) -> None:
    said = say("crawl", "--phrase", "face mask")
    assert said.exit_code == 2 and said.stderr.startswith("maskloop: crawl_incomplete: ")
    assert say("extract", "--job", "9").exit_code == 4


def test_a_schedule_is_added_changed_run_and_deleted(say: Say, photos: Path) -> None:
    words = ("predict", "-o", f"folder={photos}", "--cron", "0 6 * * 1", "--title", "Weekly")
    made = say("schedule", "add", *words)
    assert made.exit_code == 0, made.stderr
    assert made.stdout.startswith("Schedule 1, Weekly: ")
    assert say("schedule", "list").stdout.split("\t")[:2] == ["1", "predict"]
    assert "cron: 0 6 * * 1" in say("schedule", "show", "1").stdout.splitlines()
    assert say("schedule", "pause", "1").stdout == "Schedule 1, Weekly: paused.\n"
    assert json.loads(say("schedule", "resume", "1", "--json").stdout)["paused"] is False
    assert say("schedule", "run", "1").stdout == "1\n"
    assert json.loads(say("schedule", "runs", "1", "--json").stdout)[0]["job_id"] == 1
    assert say("schedule", "delete", "1", "--yes").stdout == "Schedule 1 is deleted.\n"
    assert say("schedule", "show", "1").exit_code == 4
    wrong = say("schedule", "add", *words[:-3], "never", "--title", "x")
    assert wrong.exit_code == 2 and wrong.stderr.startswith("maskloop: cron_invalid: ")


def test_a_folder_is_watched(say: Say, photos: Path) -> None:
    made = say(
        "schedule", "watch", str(photos), "--settle", "5", "--new-only", "--poll", "-o", "smallest_face=32"
    )
    assert made.exit_code == 0, made.stderr
    assert made.stdout == f"Schedule 1, New in {photos.name}: When new photos arrive in {photos}.\n"
    lines = say("schedule", "show", "1").stdout.splitlines()
    assert "folder: starting" in lines and "photos taken: 0" in lines
    shown = json.loads(say("schedule", "show", "1", "--json").stdout)
    assert shown["options"]["smallest_face"] == 32
    assert {name: shown["watch"][name] for name in ("settle_seconds", "reads_existing", "polls")} == {
        "settle_seconds": 5, "reads_existing": False, "polls": True,
    }  # fmt: skip
    assert "become a job now" in say("schedule", "look", "1").stdout
    assert "schedule_trigger" in say("schedule", "run", "1").stderr
    assert "folder_not_found" in say("schedule", "watch", str(photos / "none")).stderr
