"""The distribution stands alone: its wheel imports without anything of the service."""

import importlib.metadata
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[4]
CLIENT = ROOT / "clients" / "python"
_BUILD = "import setuptools.build_meta as b, sys; print(b.build_wheel(sys.argv[1]))"
_USE = """
import sys
import maskloop_client
maskloop_client.Client("http://127.0.0.1:1", "token").close()
others = {"flask", "tensorflow", "cv2", "numpy", "pandas", "core", "web", "models"} & set(sys.modules)
print(maskloop_client.__version__, sorted(others))
"""


def _files_of(name: str) -> set[Path]:
    """The installed top-level files and folders of a distribution and of what it needs."""
    found: set[Path] = set()
    for asked in importlib.metadata.requires(name) or []:
        needed = Requirement(asked)
        if needed.marker is None or needed.marker.evaluate({"extra": ""}):
            found |= _files_of(needed.name)
    distribution = importlib.metadata.distribution(name)
    tops = {file.parts[0] for file in distribution.files or []} - {"..", "__pycache__"}
    return found | {Path(str(distribution.locate_file(top))) for top in tops}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    source = tmp_path_factory.mktemp("client") / "python"
    shutil.copytree(CLIENT, source, ignore=shutil.ignore_patterns("*.egg-info", "build", "__pycache__"))
    built = subprocess.run(
        [sys.executable, "-c", _BUILD, str(source)], cwd=source, capture_output=True, text=True, check=True
    )
    return source / built.stdout.splitlines()[-1]


def test_the_wheel_imports_where_only_its_requirements_are(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    site.mkdir()
    for name in ("httpx", "pydantic"):
        for place in _files_of(name):
            (site / place.name).exists() or (site / place.name).symlink_to(place)
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(site)
    done = subprocess.run(
        [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, {str(site)!r})\n{_USE}"],
        cwd=tmp_path, env={}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "0.1.0 []\n"), done.stderr


def test_the_wheel_says_what_it_needs_and_is_typed(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as packed:
        names = packed.namelist()
        metadata = packed.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert "maskloop_client/py.typed" in names
    assert not [name for name in names if not name.startswith("maskloop_client")]
    asked = [line.split(": ")[1] for line in metadata.splitlines() if line.startswith("Requires-Dist")]
    assert [line for line in asked if "extra" not in line] == ["httpx>=0.28", "pydantic>=2.12"]
    assert "Version: 0.1.0" in metadata
