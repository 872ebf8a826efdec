"""Commands say what is wrong in one line, whatever is missing."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from web.cli import main


def say(data: Path, *words: str) -> Result:
    return CliRunner().invoke(main, words, env={"MASKLOOP_DATA": str(data)})


@pytest.mark.parametrize("words", [("link",), ("password", "--password", "long enough for it")])
def test_a_data_folder_without_database_is_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    said = say(tmp_path / "elsewhere", *words)
    assert (said.exit_code, said.stdout) == (2, "")
    assert said.stderr.startswith("maskloop: database_missing: There is no database in ")
    assert len(said.stderr.splitlines()) == 1


def test_a_database_without_tables_is_said(tmp_path: Path) -> None:
    (tmp_path / "maskloop.sqlite").write_bytes(b"")
    said = say(tmp_path, "link")
    assert said.exit_code == 2
    assert said.stderr.startswith(
        "maskloop: database_unavailable: The database cannot be used: no such table"
    )


def test_a_file_that_is_no_database_is_said(tmp_path: Path) -> None:
    (tmp_path / "maskloop.sqlite").write_bytes(b"text" * 500)
    assert "maskloop: database_unavailable: " in say(tmp_path, "link").stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("samples", "{file}/samples"), "samples_not_written"),
        (("run", "{folder}", "--out", "{file}/reports"), "folder_not_made"),
        (("photo", "{file}", "--out", "{file}/seen.jpg"), "folder_not_made"),
    ],
)
def test_a_folder_that_cannot_be_made_is_said_before_the_work(
    tmp_path: Path, words: tuple[str, ...], code: str
) -> None:
    (tmp_path / "file.txt").write_text("x")
    given = [word.format(file=tmp_path / "file.txt", folder=tmp_path) for word in words]
    said = say(tmp_path / "data", *given)
    assert said.exit_code == 2
    assert said.stderr.startswith(f"maskloop: {code}: ")
    assert len(said.stderr.splitlines()) == 1
    assert not (tmp_path / "data").exists()


def test_a_bug_is_not_taken_for_a_database_that_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_folder: Path) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr("core.samples.making.make_samples", fail)
    assert isinstance(say(tmp_path, "samples", str(tmp_path)).exception, ZeroDivisionError)


def test_the_module_is_the_command() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "web.cli", "--version"], capture_output=True, text=True, check=True
    )
    assert "maskloop" in ended.stdout
