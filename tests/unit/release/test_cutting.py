"""Faces of a picture become canvases: drawn things are whole at the border, and box styles do not matter."""

from pathlib import Path

import numpy as np
import pytest

from core.detection.yunet import COLUMNS, LANDMARKS, SCORE
from core.release.cutting import canvases_of, lower_by, pair, see
from core.release.pictures import Origin, Picture
from core.release.voc import AnnotatedPhoto
from models.label import Label
from models.split import Split

FACE = np.array([60.0, 50, 130, 140])
LOWER = np.array([60.0, 66, 130, 156], np.float32)


def row() -> np.ndarray:
    found = np.zeros((1, COLUMNS), np.float32)
    found[0, :4] = FACE
    found[0, LANDMARKS] = [80, 85, 110, 85, 95, 102, 84, 118, 106, 118]
    found[0, SCORE] = 0.9
    return found


def picture(origin: Origin, label: Label | None) -> Picture:
    return Picture(
        path=Path("face.png"),
        name="crops/face.png",
        folder="crops/without_mask",
        origin=origin,
        label=label,
        split=Split.TRAIN,
    )


def test_a_drawn_mask_ends_where_the_mask_ends_also_at_the_border_of_the_picture() -> None:
    rgb = np.full((150, 190, 3), (190, 150, 130), np.uint8)
    seen = see(picture(Origin.CROP, Label.WITHOUT_MASK), 3, rgb, row(), None)
    canvases = {canvas.source: canvas.pixels for canvas in canvases_of(seen)}
    worn = np.abs(canvases["drawn/worn"].astype(int) - canvases["crops/without_mask"]).max(axis=2) > 16
    assert worn.any() and not worn[-12:].any(), "no stripes down to the canvas's edge"
    for drawn in ("under_nose", "chin", "scarf", "hand", "cup", "bottle"):
        assert f"drawn/{drawn}" in canvases


def test_a_missed_face_is_cut_like_a_found_one() -> None:
    """Its annotators draw boxes lower than the detector: the canvas is moved up by as much."""
    rgb = np.random.default_rng(1).integers(0, 255, (220, 200, 3), dtype=np.uint8)
    truth = AnnotatedPhoto(path=Path("face.png"), boxes=LOWER[None], labels=(Label.WITH_MASK,))
    lower = float(lower_by(FACE[None], LOWER[None].astype(float))[0])
    assert lower == pytest.approx(16 / (70 * 90) ** 0.5)
    nothing = np.empty((0, COLUMNS), np.float32)
    missed = see(picture(Origin.PHOTO, None), 1, rgb, nothing, truth, drawn_lower=lower)
    as_drawn = see(picture(Origin.PHOTO, None), 1, rgb, nothing, truth)
    first, other = next(canvases_of(missed)), next(canvases_of(as_drawn))
    shift = round(16 / (1.8 * first.face_size) * first.pixels.shape[0])
    assert np.corrcoef(first.pixels[shift:].ravel(), other.pixels[:-shift].ravel())[0, 1] > 0.8


def test_pairs_are_one_to_one_best_score_first() -> None:
    assert pair(np.array([FACE, FACE]), np.array([LOWER])).tolist() == [0, -1]
    assert pair(np.array([FACE]), np.empty((0, 4))).tolist() == [-1]
