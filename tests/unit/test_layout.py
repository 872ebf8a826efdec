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
FOLDERS = ("models", "core", "workers", "web", "benchmarks", "clients")
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


def fixed_sleeps(text: str) -> Iterator[str]:
    """Pauses that wait for no condition: their loop has no end but its count, or there is no loop."""
    for function in ast.walk(ast.parse(text)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            waits = [loop for loop in ast.walk(function) if _waits_for_something(loop)]
            allowed = {node for loop in waits for node in ast.walk(loop)}
            for call in ast.walk(function):
                if call not in allowed and _is_fixed_pause(call):
                    yield f"{function.name}: {ast.unparse(call)}"


def _is_fixed_pause(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
        return False
    return ast.unparse(node.func).rpartition(".")[2] in ("sleep", "wait_for_timeout")


def _waits_for_something(node: ast.AST) -> bool:
    """A loop that ends early once what it waits for is there."""
    if isinstance(node, ast.While):
        return True
    return isinstance(node, ast.For) and any(isinstance(n, ast.Return | ast.Break) for n in ast.walk(node))


def test_tests_wait_for_conditions() -> None:
    tests = sorted((ROOT / "tests").rglob("*.py"))
    assert [f"{path.name} {pause}" for path in tests for pause in fixed_sleeps(path.read_text())] == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def f():\n    time.sleep(0.5)", ["f: time.sleep(0.5)"]),
        (
            "def f():\n    for n in (4, 3):\n        page.wait_for_timeout(500)",
            ["f: page.wait_for_timeout(500)"],
        ),
        ("def f():\n    while not look():\n        time.sleep(0.05)", []),
        ("def f():\n    for _ in range(9):\n        if look():\n            return\n        sleep(1)", []),
        ("def slow_server():\n    time.sleep(delay)", []),
    ],
)
def test_what_waits_for_no_condition_is_named(text: str, told: list[str]) -> None:
    assert list(fixed_sleeps(text)) == told


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


def test_functions_of_tests_are_short_too() -> None:
    tests = sorted((ROOT / "tests").rglob("*.py"))
    assert [line for path in tests for line in broken_rules(path) if re.search(r"\.py:\d", line)] == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = [path for path in modules() if re.search(r"os\.environ|getenv", path.read_text())]
    client = ROOT / "clients" / "python" / "src" / "maskloop_client"
    assert readers == [ROOT / "core" / "settings.py", client / "settings.py"]


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
