"""What runs on each commit and in continuous integration are the checks of the Makefile."""

import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()


def read_yaml(place: str) -> Any:
    return yaml.safe_load((ROOT / place).read_text())


def commands_of(target: str) -> list[list[str]]:
    """The command lines of a Makefile target, with the virtual environment's folder filled in."""
    recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.M)
    assert recipe is not None, target
    lines = recipe[1].replace("$(BIN)", ".venv/bin").splitlines()
    return [shlex.split(line.strip().removeprefix("@")) for line in lines]


@pytest.mark.parametrize(("hook", "target"), [("ruff", "lint"), ("ruff-format", "lint"), ("mypy", "types")])
def test_each_hook_runs_a_check_of_the_makefile(hook: str, target: str) -> None:
    (repository,) = read_yaml(".pre-commit-config.yaml")["repos"]
    hooks = {each["id"]: each for each in repository["hooks"]}
    assert repository["repo"] == "local" and set(hooks) == {"ruff", "ruff-format", "mypy"}
    assert hooks[hook]["language"] == "system"
    called = shlex.split(hooks[hook]["entry"])[:2]
    assert called in [command[: len(called)] for command in commands_of(target)]


def test_continuous_integration_runs_make_test_with_every_server() -> None:
    job = read_yaml(".github/workflows/test.yml")["jobs"]["test"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert job["runs-on"] == "ubuntu-latest" and job["env"]["CI"] == "true"
    assert [step["with"]["python-version"] for step in job["steps"] if "with" in step] == ["3.11"]
    assert commands == ["sudo sh tests/install-servers.sh", "make test"]
    done = subprocess.run(["make", "--dry-run", "test"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in (
        "install-servers.sh", "ruff check", "ruff format --check", "mypy", '-m "not alone"', "-m alone",
    ):  # fmt: skip
        assert command in done.stdout
