"""Fixtures of the detection tests: weights, a face, a loaded detector."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from core.detection.decode import decode_photo
from core.detection.detector import FaceMaskDetector
from core.detection.photo import DecodedPhoto
from core.detection.weights import NEEDED, fetch_weights
from core.settings import Settings

ASTRONAUT = Path(__file__).resolve().parents[3] / "core" / "samples" / "astronaut.jpg"


@pytest.fixture(scope="session")
def weights() -> Path:
    """The folder with the fetched weights."""
    folder = Settings().weights
    fetch_weights(NEEDED, folder)
    return folder


@pytest.fixture(scope="session")
def detector(weights: Path) -> FaceMaskDetector:
    """A detector with default options."""
    return FaceMaskDetector(weights)


@pytest.fixture(scope="session")
def astronaut() -> NDArray[np.uint8]:
    """A photo with one bare face, uint8 (512, 512, 3)."""
    return decode_photo(ASTRONAUT.read_bytes()).rgb


def photo_of(rgb: NDArray[np.uint8]) -> DecodedPhoto:
    """A photo decoded at full scale."""
    return DecodedPhoto(rgb=rgb, width=rgb.shape[1], height=rgb.shape[0], format="PNG")
