"""House rules: sizes and names of files, one reader of the environment, no TensorFlow for prediction."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
#: Everything but the tests, and the migrations, which are long lists of columns that nobody edits again.
FOLDERS = ("models", "core", "workers", "web", "benchmarks")
_MOST_LINES = 400
_MOST_FUNCTION_LINES = 60
#: Names of files that say nothing about what is in them.
_EMPTY_NAMES = frozenset({"utils", "util", "helpers", "helper", "misc", "manager", "common"})


def modules() -> list[Path]:
    return [path for top in FOLDERS for path in sorted((ROOT / top).rglob("*.py"))]


def broken_rules(path: Path) -> Iterator[str]:
    """What a file breaks of the rules of size and name."""
    text = path.read_text()
    if path.stem in _EMPTY_NAMES:
        yield f"{path.name}: the name says nothing about what the file holds"
    if (lines := len(text.splitlines())) > _MOST_LINES:
        yield f"{path.name}: {lines} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            if lines > _MOST_FUNCTION_LINES:
                yield f"{path.name}:{node.lineno} {node.name}: {lines} lines"


def test_files_and_functions_are_short_and_names_say_what_is_inside() -> None:
    assert [f"{path.parent}: {line}" for path in modules() for line in broken_rules(path)] == []


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("helpers.py", "", "helpers.py: the name says nothing about what the file holds"),
        ("long.py", "x = 1\n" * 401, "long.py: 401 lines"),
        ("deep.py", "def f():\n" + "    x = 1\n" * 60, "deep.py:1 f: 61 lines"),
        ("deep.py", "class C:\n    async def f(self):\n" + "        x = 1\n" * 60, "deep.py:2 f: 61 lines"),
        ("just.py", "def f():\n" + "    x = 1\n" * 59 + "x = 1\n" * 340, None),
    ],
)
def test_what_breaks_a_rule_is_named(tmp_path: Path, name: str, text: str, told: str | None) -> None:
    (tmp_path / name).write_text(text)
    assert list(broken_rules(tmp_path / name)) == ([told] if told else [])


def test_the_environment_is_read_in_one_place() -> None:
    readers = [path for path in modules() if re.search(r"os\.environ|getenv", path.read_text())]
    assert readers == [ROOT / "core" / "settings.py"]


def test_prediction_never_imports_tensorflow() -> None:
    entries = ("workers.tasks", "workers.handlers", "workers.training.trainer", "web.cli", "web.run_command")
    check = (
        "import sys, importlib\n"
        f"for entry in {entries}:\n"
        "    importlib.import_module(entry)\n"
        "    heavy = {'tensorflow', 'keras', 'torch'} & set(sys.modules)\n"
        "    assert not heavy, f'{entry} imports {heavy}'\n"
    )
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT)
