"""`maskloop groups`: a table, JSON for programs, the CSV file, and what is refused."""

import json

import pytest
from click.testing import Result

from core.database import Database
from tests.cases import in_one_test
from tests.group_rows import File, add_job, files
from tests.unit.web.commands.conftest import Say


@pytest.fixture
def groups(say: Say, database: Database) -> Say:
    """The command, on the data folder and over HTTP, with photos of two folders."""
    given = [
        *files("north/{}.jpg", 12, 4, taken_at="2026-03-02T08:00:00"),
        *files("south/{}.jpg", 2, 6, taken_at="2026-03-04T21:00:00"),
        File(path="broken.jpg", labels=None),
    ]
    with database.write() as rows:
        add_job(rows, given, version_id=1)

    def run(*words: str) -> Result:
        return say("groups", *words)

    return run


def test_a_table_with_what_chance_says(groups: Say) -> None:
    said = groups("1", "--by", "folder", "--compare", "north", "south")
    assert said.exit_code == 0, said.output
    assert "│ north      │              16 │    16 │     75.0% │" in said.stdout
    assert "1 not read" in said.stdout
    assert "Change or chance cannot be told: limits need at least 6 folders" in said.stdout
    assert "south against north: No difference can be given: no audited faces: 16 needed." in said.stdout
    assert "Raw shares: 50 points lower." in said.stdout


def test_json_is_what_the_api_answers(groups: Say) -> None:
    table = json.loads(groups("1", "--by", "hour", "--json").stdout)
    assert len(table["groups"]) == 25, "24 hours, and what has no time"
    eight = table["groups"][8]
    assert (eight["photos"], eight["shares"]["with_mask"]["raw"]) == (16, 0.75)
    assert table["groups"][24]["kind"] == "unknown"
    assert table["chart"]["problem"].startswith("limits need at least 6 groups")
    assert table["total"]["failed"] == 1 and table["comparison"] is None


def test_csv_is_the_file_of_the_page(groups: Say) -> None:
    lines = groups("1", "--by", "day", "--csv").stdout_bytes.split(b"\r\n")
    assert lines[2].startswith(b"2026-03-03,Tue 3 March 2026,group,0,0,0,")


def test_fields_of_a_pattern_make_groups(groups: Say) -> None:
    words = ("--by", "pattern", "--pattern", "{site}/{name}.jpg", "--field", "{site}", "--json")
    table = json.loads(groups("1", *words).stdout)
    assert [group["name"] for group in table["groups"]][:2] == ["north", "south"]


@in_one_test(
    ("words", "code", "status"),
    [
        (("7",), "job_not_found", 4),
        (("1", "--by", "pattern"), "grouping_invalid", 2),
        (("1", "--pattern", "{a}{b}"), "pattern_invalid", 2),
        (("1", "--zone", "Atlantis"), "time_zone_unknown", 2),
        (("1", "--by", "folder", "--compare", "north", "east"), "group_not_found", 4),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    groups: Say, words: tuple[str, ...], code: str, status: int
) -> None:
    said = groups(*words)
    assert said.exit_code == status
    assert said.stderr.startswith(f"maskloop: {code}: ") and len(said.stderr.splitlines()) == 1


def test_options_are_explained_and_checked(groups: Say) -> None:
    assert "--clock-zone" in groups("--help").stdout
    assert groups().exit_code == groups("1", "--by", "mood").exit_code == 2
