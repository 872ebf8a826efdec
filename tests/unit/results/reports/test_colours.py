"""Label colours stay apart for every kind of colour sight, and white words on them can be read."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import core.results.reports
from core.labels.final_label import COUNTED_LABELS, FinalLabel
from core.results.reports.annotation import LABEL_COLOURS, hex_colour

#: Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
SIGHTS = {
    "usual": np.eye(3),
    "no red cones": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green cones": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]]
    ),
    "no blue cones": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]]
    ),
}
_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])


def _linear(colour: tuple[int, int, int]) -> NDArray[np.float64]:
    share = np.array(colour) / 255
    return np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)


def _lab(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    x, y, z = np.cbrt(_XYZ @ linear / np.array([0.95047, 1, 1.08883]))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
def test_colours_stay_apart(sight: str) -> None:
    seen = {label: _lab(np.clip(SIGHTS[sight] @ _linear(c), 1e-6, 1)) for label, c in LABEL_COLOURS.items()}
    for first, second in combinations(COUNTED_LABELS, 2):
        assert np.linalg.norm(seen[first] - seen[second]) > 14, (first, second)


@pytest.mark.parametrize("label", COUNTED_LABELS)
def test_white_words_can_be_read(label: FinalLabel) -> None:
    luminance = float(_XYZ[1] @ _linear(LABEL_COLOURS[label]))
    assert 1.05 / (luminance + 0.05) >= 4.5


def test_the_page_has_the_same_colours() -> None:
    css = (Path(core.results.reports.__file__).parent / "templates" / "report.css").read_text(
        encoding="utf-8"
    )
    assert all(f"--{label.value}: {hex_colour(label)}" in css for label in COUNTED_LABELS)
