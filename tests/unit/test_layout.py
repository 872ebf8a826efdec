"""The house rules that a reader relies on: imports run one way, no module opens anything when imported."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDER = ("models", "core", "workers", "web")


def modules() -> list[Path]:
    return [path for top in ORDER for path in sorted((ROOT / top).rglob("*.py"))]


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_run_one_way(path: Path) -> None:
    place = path.relative_to(ROOT)
    rank = ORDER.index(place.parts[0])
    for name in imported(path):
        top = name.split(".")[0]
        assert top not in ORDER or ORDER.index(top) <= rank, f"{place} imports {name}"
        if rank < ORDER.index("workers"):
            assert top not in {"flask", "celery", "kombu"}, f"{place} imports {name}"
        if top in {"tensorflow", "keras"}:
            assert place.parts[:2] == ("core", "training"), f"{place} imports {name}"


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_environment_is_read_in_one_place(path: Path) -> None:
    if path.relative_to(ROOT) != Path("core/settings.py"):
        assert "os.environ" not in path.read_text() and "getenv" not in path.read_text()


@pytest.mark.parametrize(
    "entry", ["workers.tasks", "workers.handlers", "workers.training.trainer", "web.cli", "web.running"]
)
def test_prediction_never_imports_tensorflow(entry: str) -> None:
    check = f"import sys, {entry}; assert not {{'tensorflow', 'keras', 'torch'}} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", check], check=True, cwd=ROOT)
