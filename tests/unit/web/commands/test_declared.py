"""Every command is in the help, has an example that it understands, and is imported without the service."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.shell_completion import BashComplete
from click.testing import CliRunner

from core.database import Database
from core.estimates.shares import PEOPLE
from core.groups.grouping import By, TimesFrom
from core.settings import Settings
from models import Scope
from tests.unit.web.commands.conftest import environment, make_token
from web.cli import main
from web.command_group import SECTIONS
from web.commands import groups

ROOT = Path(__file__).resolve().parents[4]
#: Commands that only start a part of the service.
_WITHOUT_EXAMPLE = frozenset(SECTIONS["Parts of the service"])
#: They run until they are stopped, or print what a shell reads.
_NO_RESULT = frozenset({"serve", "completion"})
#: Commands about the files, the owner or the processes of this machine, and one that needs no service.
_OF_THIS_MACHINE = frozenset({"setup", "link", "password", "samples", "backup", "restore", "move", "verify"})
_HEAVY = ("tensorflow", "keras", "cv2", "onnxruntime", "pyarrow", "scipy", "sklearn", "pandas")


def commands() -> Iterator[tuple[str, click.Command]]:
    """Every command with its words; those of groups one by one."""
    context = click.Context(main, info_name="maskloop")
    for name in main.list_commands(context):
        command = main.get_command(context, name)
        assert command is not None, name
        if isinstance(command, click.Group):
            for inner in command.commands.values():
                yield f"{name} {inner.name}", inner
        else:
            yield name, command


ALL = dict(commands())


def example_of(command: click.Command) -> list[str]:
    """The words of the example in the help."""
    found = re.search(r"Example:\n\s+maskloop (.*)", command.help or "")
    return shlex.split(found[1].partition(" > ")[0]) if found else []


def test_every_command_of_the_module_is_in_a_section() -> None:
    listed = [name for section in SECTIONS.values() for name in section]
    assert len(listed) == len(set(listed))
    assert set(main.commands) <= set(listed)


@pytest.mark.parametrize("name", [name for name in ALL if name not in _WITHOUT_EXAMPLE])
def test_the_example_in_the_help_is_understood(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Secrets are asked for, and a password twice.
    monkeypatch.setattr("click.termui.hidden_prompt_func", lambda _text: "long enough for it")
    words = example_of(ALL[name])
    assert words, f"maskloop {name} --help has no example"
    given = name.split()
    assert words[: len(given)] == given
    ALL[name].make_context(name, words[len(given) :])


@pytest.mark.parametrize("name", [name for name in ALL if name not in {*_WITHOUT_EXAMPLE, *_NO_RESULT}])
def test_a_command_prints_json_and_drives_a_service(name: str) -> None:
    options = {option for parameter in ALL[name].params for option in parameter.opts}
    assert "--json" in options
    assert ("--url" in options) is (name not in _OF_THIS_MACHINE)


def test_the_words_of_groups_are_those_of_the_product() -> None:
    assert tuple(by.value for by in By) == groups._BY
    assert tuple(label.value for label in PEOPLE) == groups._LABELS
    assert tuple(each.value for each in TimesFrom) == groups._TIMES_FROM


def _imported(*words: str, env: dict[str, str] | None = None) -> set[str]:
    code = (
        "import sys, atexit\nfrom web.cli import main\n"
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr))\n"
        f"main({list(words)!r}, prog_name='maskloop')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT, env=env
    )
    assert done.returncode == 0, done.stderr[:2000]
    return set(done.stderr.split())


def test_the_help_imports_neither_the_database_nor_the_client() -> None:
    imported = _imported("--help")
    assert not imported & {*_HEAVY, "numpy", "sqlalchemy", "flask", "httpx", "pydantic", "rich", "structlog"}


def test_a_list_of_jobs_imports_neither_detector_nor_migrations(healthy: Settings) -> None:
    imported = _imported("jobs", env=healthy.to_child_env())
    # On SQLite, and where nothing is migrated.
    assert "flask" in imported and not imported & {*_HEAVY, "alembic", "psycopg"}


def test_a_remote_command_imports_nothing_of_the_service(address: str, database: Database) -> None:
    env = os.environ | {"MASKLOOP_URL": address, "MASKLOOP_TOKEN": make_token(database, Scope.READ)}
    imported = _imported("jobs", env=env)
    assert "httpx" in imported
    assert not imported & {*_HEAVY, "sqlalchemy", "flask", "structlog", "numpy", "celery"}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_of_a_shell_is_printed(shell: str) -> None:
    script = CliRunner().invoke(main, ["completion", shell]).stdout
    assert "_MASKLOOP_COMPLETE" in script
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def _completed(*words: str, begun: str = "") -> list[str]:
    completer = BashComplete(main, {}, "maskloop", "_MASKLOOP_COMPLETE")
    return [item.value for item in completer.get_completions(list(words), begun)]


def test_jobs_kinds_and_options_are_completed(
    job_id: int, app: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(app.extensions["maskloop"].settings).items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert _completed("watch") == ["1"] and _completed("watch", begun="2") == []
    assert _completed("submit", begun="pre") == ["predict"]
    assert _completed("submit", "predict", "--option", begun="small") == ["smallest_face="]
    assert "doctor" in _completed(begun="do")


def test_what_cannot_be_asked_is_not_completed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MASKLOOP_DATA", str(tmp_path / "gone"))
    assert _completed("watch") == []
    assert _completed("watch", "--url", "http://127.0.0.1:1") == []
