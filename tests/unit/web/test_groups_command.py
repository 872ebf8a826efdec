"""`maskloop groups`: a table, JSON for programs, the CSV file, and what is refused."""

import json

import pytest
from click.testing import CliRunner, Result

from core.database import Database
from core.settings import Settings
from tests.group_rows import File, add_job, files
from tests.rows import add_version
from web import groups_command
from web.cli import main


@pytest.fixture
def say(db: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch):
    version = add_version(db)
    given = [
        *files("north/{}.jpg", 12, 4, taken_at="2026-03-02T08:00:00"),
        *files("south/{}.jpg", 2, 6, taken_at="2026-03-04T21:00:00"),
        File(path="broken.jpg", labels=None),
    ]
    with db.write() as rows:
        add_job(rows, given, version_id=version)
    monkeypatch.setattr(groups_command.Settings, "from_env", lambda: settings)

    def run(*words: str) -> Result:
        return CliRunner().invoke(main, ["groups", *words], env={"COLUMNS": "160"})

    return run


def test_a_table_with_what_chance_says(say) -> None:
    said = say("1", "--by", "folder", "--compare", "north", "south")
    assert said.exit_code == 0
    assert "│ north      │              16 │    16 │     75.0% │" in said.stdout
    assert "Change or chance cannot be told: limits need at least 6 folders" in said.stdout
    assert "south against north: No difference can be given: no audited faces: 16 needed." in said.stdout
    assert "Raw shares: 50 points lower." in said.stdout


def test_json_has_every_group_and_the_chart(say) -> None:
    facts = json.loads(say("1", "--by", "hour", "--json").stdout)
    assert len(facts["groups"]) == 25, "24 hours, and what has no time"
    assert facts["groups"][8] | {"photos": 16, "with_mask_raw_share": 0.75} == facts["groups"][8]
    assert facts["groups"][24]["kind"] == "unknown"
    assert facts["chart"]["problem"].startswith("limits need at least 6 groups")
    assert facts["all"]["photos_failed"] == 1 and facts["comparison"] is None


def test_csv_is_the_file_of_the_page(say) -> None:
    lines = say("1", "--by", "day", "--csv").stdout_bytes.split(b"\r\n")
    assert lines[2].startswith(b"2026-03-03,Tue 3 March 2026,group,0,0,0,")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("7",), "job_not_found"),
        (("1", "--by", "pattern"), "grouping_invalid"),
        (("1", "--pattern", "{a}{b}"), "pattern_invalid"),
        (("1", "--zone", "Atlantis"), "time_zone_unknown"),
        (("1", "--by", "folder", "--compare", "north", "east"), "group_not_found"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(say, words: tuple[str, ...], code: str) -> None:
    said = say(*words)
    assert said.exit_code == 2
    assert said.stderr.startswith(f"maskloop: {code}: ") and len(said.stderr.splitlines()) == 1


def test_options_are_explained_and_checked(say) -> None:
    assert "--clock-zone" in say("--help").stdout
    assert say().exit_code == say("1", "--by", "mood").exit_code == 2
