"""`maskloop import` on a service: files are sent, looked at or imported, and what came of it is printed."""

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from flask import Flask

from core.database import Database
from tests.imported_set import FACE, FOUND, TellingDetector, add_photo, voc
from tests.labelled_set import pack
from tests.unit.web.commands.conftest import Say
from workers import importing
from workers.engine import run_batches
from workers.handlers import HANDLERS


@pytest.fixture
def a_set(tmp_path: Path) -> Path:
    """Photos with annotations beside them; one word is unknown."""
    folder = tmp_path / "my set"
    add_photo(folder / "a.jpg", voc(("mask", *FACE), ("scarf", *FACE)))
    add_photo(folder / "b.jpg", voc(("mask", *FACE)))
    add_photo(folder / "none.jpg")
    return folder


@pytest.fixture
def _worker(app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The worker of the service."""
    monkeypatch.setattr("web.commands.following._REMOTE_PAUSE", 0.05)
    monkeypatch.setattr(importing, "load_detector", lambda *_: TellingDetector(FOUND))
    stop = Event()

    def work() -> None:
        while not stop.wait(0.05):
            run_batches(database, app.extensions["maskloop"].settings, HANDLERS)

    thread = Thread(target=work, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join()


@pytest.mark.usefixtures("_worker")
def test_a_set_of_this_machine_is_imported(over_http: Say, a_set: Path) -> None:
    said = over_http("import", str(a_set), "--quiet")
    assert said.exit_code == 1, "a photo without annotation was left out"
    lines = [" ".join(line.strip("│ \n").split()) for line in said.stdout.splitlines()]
    assert "decisions: with_mask │ 2" in lines
    assert "left out: with an unknown label ('scarf') │ 1 object" in lines
    assert "word 'scarf': unknown │ 1 object" in lines
    assert f"maskloop import '{a_set}' --label scarf=LABEL" in said.stderr
    again = json.loads(over_http("import", str(a_set), "--label", "scarf=ignore", "--json").stdout)
    assert again["job"]["kind"] == "import" and again["import"]["known"] == 2
    assert [each["meaning"] for each in again["import"]["words"]] == ["with_mask", "ignore"]


def test_a_set_is_looked_at_and_not_imported(over_http: Say, a_set: Path, tmp_path: Path) -> None:
    for place in (a_set, pack(a_set, tmp_path / "set.zip")):
        said = over_http("import", str(place), "--dry-run", "--json")
        found = json.loads(said.stdout)
        assert (said.exit_code, found["photos"], found["boxes"]) == (0, 3, 2)
    table = over_http("import", str(a_set), "--dry-run").stdout
    assert "3 photos found, nothing imported" in table and "Pascal VOC" in table
    assert json.loads(over_http("jobs", "--json").stdout) == []


def test_what_is_wrong_is_said_in_one_line(over_http: Say, a_set: Path, tmp_path: Path) -> None:
    for words, code, status in (
        ((str(tmp_path / "none"),), "path_not_found", 2),
        ((str(a_set), "--label", "scarf"), "label_word_invalid", 2),
        ((str(a_set), "--label", "scarf=warm"), "label_word_invalid", 2),
        ((str(a_set), "--format", "docx"), "option_invalid", 2),
    ):
        said = over_http("import", *words)
        assert (said.exit_code, code) == (status, said.stderr.splitlines()[-1].split(":")[1].strip()), words


def test_a_comparison_of_trainings_never_takes_another_folder(over_http: Say) -> None:
    """With the address of a service it would train on whatever data folder this machine has."""
    said = over_http("compare", "3")
    assert said.exit_code == 2 and "needs the data folder" in said.stderr
