"""Jobs are requested, listed, shown and steered, on the data folder and over HTTP alike."""

import json
from pathlib import Path

import pytest

from core.database import Database
from models import Job, JobState
from tests.cases import in_one_test
from tests.unit.web.commands.conftest import Say


def test_a_job_is_submitted_listed_steered_and_deleted(say: Say, photos: Path, database: Database) -> None:
    made = say("submit", "predict", "-o", f"folder={photos}", "-o", "smallest_face=24", "--title", "Street")
    assert made.exit_code == 0, made.stderr
    assert made.stdout == "1\n", "the number alone, for scripts"
    assert made.stderr.startswith("Job 1, Street: waiting.")
    with database.read() as rows:
        job = rows.get_one(Job, 1)
        assert (job.account_id, job.options["smallest_face"]) == (1, 24)
    listed = json.loads(say("jobs", "--json").stdout)
    assert [(job["id"], job["title"], job["state"]) for job in listed] == [(1, "Street", "waiting")]
    assert say("jobs").stdout.split("\t")[:3] == ["1", "predict", "Waiting"]
    shown = say("jobs", "1").stdout.splitlines()
    assert "title: Street" in shown and "state: Waiting" in shown
    assert "paused" in say("pause", "1").stdout
    assert json.loads(say("resume", "1", "--json").stdout)["state"] == "waiting"
    assert "cancelled" in say("cancel", "1").stdout
    assert [line.split("\t")[2] for line in say("events", "1").stdout.splitlines()][:2] == [
        "job_cancelled",
        "job_resumed",
    ]
    assert say("again", "1").stdout == "2\n"
    assert say("delete", "1", "--yes").stdout == "Job 1 is deleted.\n"
    gone = say("jobs", "1")
    assert (gone.exit_code, gone.stdout) == (4, "")
    assert gone.stderr.startswith("maskloop: job_deleted: ")


def test_lists_are_filtered_and_an_empty_one_says_so(say: Say, job_id: int) -> None:
    assert say("jobs", "--kind", "predict", "--state", "done", "--words", "survey").stdout.startswith("1\t")
    nothing = say("jobs", "--state", "failed")
    assert (nothing.exit_code, nothing.stdout, nothing.stderr) == (0, "", "There is no such job.\n")
    assert json.loads(say("jobs", "--state", "failed", "--json").stdout) == []


@in_one_test(
    ("words", "status", "begins"),
    [
        (("jobs", "9"), 4, "job_not_found: "),
        (("pause", "9"), 4, "job_not_found: "),
        (("pause", "1"), 2, "job_state: "),
        (("submit", "colour"), 2, "job_kind_unknown: There is no job kind 'colour'. Kinds: agreement, "),
        (("submit", "predict", "-o", "smalest_face=3"), 2, "option_unknown: predict has no option"),
        (
            ("submit", "predict", "-o", "smallest_face=big"),
            2,
            "option_invalid: smallest_face must be a ",
        ),
        (("submit", "predict", "-o", "folder"), 2, "option_invalid: Write an option as NAME=VALUE"),
        (("submit", "predict", "-o", "anonymise=hair"), 2, "option_invalid: anonymise must be one of none, "),
        (("submit", "predict"), 2, "input_missing: "),
        (("submit", "predict", "-o", "folder=/etc"), 3, "folder_not_allowed: "),
    ],
)
def test_what_cannot_be_done_has_its_code_and_status(
    say: Say, job_id: int, words: tuple[str, ...], status: int, begins: str
) -> None:
    said = say(*words)
    assert (said.exit_code, said.stdout) == (status, ""), said.stderr
    assert said.stderr.startswith(f"maskloop: {begins}")
    assert len(said.stderr.splitlines()) == 1


def test_options_of_every_type_are_understood(say: Say, database: Database) -> None:
    given = [
        "phrases=face mask", "phrases=street", "sources=commons", "sources=openverse", "limit=5",
        "obey_robots=no", "filters.people=true", "address_label=null",
    ]  # fmt: skip
    words = [word for each in given for word in ("-o", each)]
    made = say("submit", "crawl", *words)
    assert made.exit_code == 0, made.stderr
    with database.read() as rows:
        options = rows.get_one(Job, 1).options
    assert [phrase["text"] for phrase in options["phrases"]] == ["face mask", "street"]
    assert (options["sources"], options["limit"]) == (["commons", "openverse"], 5)
    assert (options["obey_robots"], options["filters"]["people"]) == (False, True)


def test_kinds_and_their_options_are_listed(say: Say) -> None:
    assert "predict\tPrediction" in say("kinds").stdout.splitlines()
    options = {each["name"]: each for each in json.loads(say("kinds", "predict", "--json").stdout)}
    assert options["smallest_face"]["type"].startswith("integer from 8 to ")
    assert options["smallest_face"]["default"] == 16
    assert options["anonymise"]["type"] == "none, eyes, face"
    assert "smallest_face\tinteger" in say("kinds", "predict").stdout


def test_the_same_key_gives_the_same_job(over_http: Say, on_folder: Say, photos: Path) -> None:
    words = ("submit", "predict", "-o", f"folder={photos}", "--key", "nightly")
    assert [over_http(*words).stdout for _ in range(2)] == ["1\n", "1\n"]
    here = on_folder(*words)
    assert here.exit_code == 2 and "--key needs a service" in here.stderr, "it is not ignored"


@pytest.mark.parametrize(
    ("state", "error", "status"),
    [
        (JobState.DONE, None, 1),
        (JobState.FAILED, "no_photos", 2),
        (JobState.CANCELLED, None, 130),
    ],
)
def test_watch_ends_with_the_status_of_the_job(
    say: Say, database: Database, job_id: int, state: JobState, error: str | None, status: int
) -> None:
    """The job that is done has photos that could not be read."""
    with database.write() as rows:
        job = rows.get_one(Job, job_id)
        job.state, job.error_code, job.error_message = state, error, error and "The input contains no photos."
    said = say("watch", "1")
    assert said.exit_code == status, said.stderr
    if error:
        assert said.stderr == f"maskloop: {error}: The input contains no photos.\n"
