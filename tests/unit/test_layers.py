"""Imports run down the layers: between the top-level folders, and inside core as `core/layers.toml` says."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ORDER = ("models", "core", "workers", "web")
TABLE = tomllib.loads((ROOT / "core" / "layers.toml").read_text())
TOPICS: dict[str, list[str]] = TABLE["topics"]


def test_the_drawing_of_the_layers_has_every_module_and_topic() -> None:
    drawing = (ROOT / "ARCHITECTURE.md").read_text().split("```")[3]
    assert set(re.sub(r"\([^)]*\)", "", drawing).split()) == {
        *TABLE["modules"],
        *TABLE["everyone"],
        *TOPICS,
    }


def allowed_topics(topic: str) -> set[str]:
    """What a topic may import: itself, what everyone may, the topics it names, and whatever those may."""
    return {topic, *TABLE["modules"], *TABLE["everyone"]}.union(*map(allowed_topics, TOPICS[topic]))


def imports_of(path: Path) -> Iterator[tuple[int, str]]:
    """(line, module) of each import, inside functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def broken_imports(path: Path, root: Path = ROOT) -> list[str]:
    """Each import of a file that runs against the order, as `file:line imports module`."""
    place = path.relative_to(root)
    wrong = {line: module for line, module in imports_of(path) if not _may_import_module(place, module)}
    return [f"{place}:{line} imports {module}" for line, module in wrong.items()]


def _may_import_module(place: Path, module: str) -> bool:
    top, *below = place.with_suffix("").parts
    package, _, rest = module.partition(".")
    if package in ORDER and ORDER.index(package) > ORDER.index(top):
        return False
    inside_core = top == package == "core" and rest
    return not inside_core or _may_import(below[0], rest.split(".")[0])


def _may_import(topic: str, other: str) -> bool:
    if topic in TABLE["modules"]:
        return other in TABLE["modules"]
    return other in allowed_topics(topic)


def modules() -> list[Path]:
    return [path for top in ORDER for path in sorted((ROOT / top).rglob("*.py"))]


@pytest.mark.parametrize("top", ORDER)
def test_no_import_runs_against_the_order(top: str) -> None:
    assert [line for path in sorted((ROOT / top).rglob("*.py")) for line in broken_imports(path)] == []


def test_every_part_of_core_stands_in_the_table() -> None:
    parts = {path.stem for path in (ROOT / "core").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert parts - {"__init__", "__pycache__", "layers"} == {*TABLE["modules"], *TOPICS}


def test_topics_name_only_topics_of_lower_layers() -> None:
    order = list(TOPICS)
    for topic, below in TOPICS.items():
        assert all(order.index(other) < order.index(topic) for other in below), topic


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("core/library/new.py", "from core.jobs.claim import Claim"),
        ("core/jobs/new.py", "import core.predict.options"),
        ("core/errors.py", "from core.detection.face import Box"),
        ("core/dedup/new.py", "from core import review"),
        ("models/new.py", "from core.errors import InputError"),
        ("core/jobs/new.py", "def later():\n    from workers.engine import run"),
    ],
)
def test_an_import_against_the_order_is_told_with_its_line(tmp_path: Path, place: str, line: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(f'"""A module."""\n\n{line}\n')
    assert [told.split(" ")[0] for told in broken_imports(path, tmp_path)] == [
        f"{place}:{3 + line.count(chr(10))}"
    ]


def test_frameworks_stay_in_their_layers() -> None:
    assert [line for path in modules() for line in misplaced_frameworks(path)] == []


def misplaced_frameworks(path: Path, root: Path = ROOT) -> Iterator[str]:
    """Imports of Flask and Celery below the workers, and of TensorFlow outside what trains."""
    place = path.relative_to(root)
    inner = place.parts[0] in ("models", "core")
    trains = place.parts[:2] in (("core", "training"), ("core", "release"))
    for line, module in imports_of(path):
        package = module.split(".")[0]
        web = inner and package in {"flask", "celery", "kombu"}
        if web or (package in {"tensorflow", "keras"} and not trains):
            yield f"{place}:{line} imports {module}"


@pytest.mark.parametrize(
    ("place", "line"),
    [
        ("core/jobs/new.py", "import flask"),
        ("models/new.py", "from celery import Celery"),
        ("workers/new.py", "import keras"),
        ("core/detection/new.py", "import tensorflow as tf"),
    ],
)
def test_a_misplaced_framework_is_told(tmp_path: Path, place: str, line: str) -> None:
    path = tmp_path / place
    path.parent.mkdir(parents=True)
    path.write_text(f"{line}\n")
    told = list(misplaced_frameworks(path, tmp_path))
    assert told and all(each.startswith(f"{place}:1 ") for each in told)
