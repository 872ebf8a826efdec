"""Decisions go out as JSON lines and come back by commands, each once."""

import json
from pathlib import Path

import pytest

from core.database import Database
from core.labels.decisions import Origin
from core.review.answers.outside_decisions import decide_face
from models import Label
from tests.review_rows import add_faces, add_people, add_queue
from tests.unit.web.commands.conftest import Say

_SURE = (0.9, 0.05, 0.03, 0.02)


@pytest.fixture
def decided(database: Database) -> int:
    """Ann has decided the first of three faces."""
    with database.write() as rows:
        faces = add_faces(rows, [_SURE] * 3, version_id=1)
        (ann,) = add_people(rows, "ann")
        decide_face(rows, faces[0], Label.WITH_MASK, Origin(account_id=ann, queue="review 3"))
    return faces[0]


def test_decisions_are_exported_and_imported_once(say: Say, decided: int, tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    assert say("review", "export", str(file)).stdout == f"{file}: 1 decisions\n"
    line = json.loads(file.read_text())
    assert (line["by"], line["label"]) == ("ann", "with_mask")
    assert say("review", "export", str(file), "--queue", "9").exit_code == 4
    assert json.loads(file.read_text()) == line, "what was there before stays"
    again = [json.loads(say("review", "import", str(file), "--json").stdout) for _ in range(2)]
    assert [(each["saved"], each["unchanged"]) for each in again] == [(1, 0), (0, 1)]


def test_lines_that_cannot_be_applied_are_named(say: Say, decided: int, tmp_path: Path) -> None:
    file = tmp_path / "decisions.jsonl"
    file.write_text("no JSON\n")
    said = say("review", "import", str(file))
    assert said.exit_code == 1
    assert "refused: 1" in said.stdout.splitlines() and said.stdout.splitlines()[-1].startswith("1\t")


def test_queues_are_listed(say: Say, database: Database) -> None:
    assert "There is no queue." in say("review", "queues").stderr
    with database.write() as rows:
        faces = add_faces(rows, [_SURE] * 2, version_id=1)
        add_queue(rows, faces)
    assert say("review", "queues").stdout.split("\t")[0] == "1"


def test_a_file_that_cannot_be_used_is_said(say: Say, decided: int, tmp_path: Path) -> None:
    gone = say("review", "import", str(tmp_path / "gone"))
    assert gone.exit_code == 2 and gone.stderr.startswith("maskloop: file_not_read: ")
    written = say("review", "export", str(tmp_path / "gone" / "decisions.jsonl"))
    assert written.exit_code == 2 and written.stderr.startswith("maskloop: file_not_written: ")


def test_a_file_of_more_than_a_request_takes_is_imported(say: Say, decided: int, tmp_path: Path) -> None:
    """In pieces of 1 MiB; lines are numbered in the whole file."""
    file = tmp_path / "decisions.jsonl"
    say("review", "export", str(file))
    good, bad = json.loads(file.read_text()), "no JSON ".ljust(20_000, "x")
    lines = [json.dumps(good), *[bad] * 60, json.dumps(good | {"label": "incorrect"})]
    file.write_text("\n".join(lines))
    assert file.stat().st_size > 1 << 20
    found = json.loads(say("review", "import", str(file), "--json").stdout)
    assert (found["saved"], found["refused"]) == (2, 60)
    assert [each["line"] for each in found["refused_lines"]] == list(range(2, 62))
