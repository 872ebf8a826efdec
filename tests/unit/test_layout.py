"""House rules: settings are read from the environment in one place, prediction imports no TensorFlow."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDER = ("models", "core", "workers", "web")


def modules() -> list[Path]:
    return [path for top in ORDER for path in sorted((ROOT / top).rglob("*.py"))]


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
