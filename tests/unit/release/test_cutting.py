"""Faces of a picture become canvases: drawn things are whole at the border, and box styles do not matter."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from core.detection.yunet import COLUMNS, LANDMARKS, SCORE
from core.release.cutting import canvases_of, lower_by, pair, see
from core.release.pictures import Origin, Picture
from core.release.unboxed import UnboxedFaces
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
    for drawn in ("under_nose", "chin"):
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


def test_part_of_a_face_is_no_false_alarm() -> None:
    """The classifier would learn to reject faces that are half hidden; a candidate elsewhere shows none."""
    rgb = np.full((300, 400, 3), 120, np.uint8)
    truth = AnnotatedPhoto(
        path=Path("face.png"), boxes=FACE[None].astype(np.float32), labels=(Label.WITHOUT_MASK,)
    )
    found = np.repeat(row(), 3, axis=0)
    found[1, :4] = [100, 100, 160, 170]
    found[2, :4] = [300, 200, 340, 250]
    found[1:, SCORE] = 0.35
    seen = see(picture(Origin.PHOTO, None), 5, rgb, found, truth)
    alarms = [canvas for canvas in canvases_of(seen) if canvas.source.endswith("/false_alarms")]
    assert [round(canvas.face_size) for canvas in alarms] == [round(1.1 * (40 * 50) ** 0.5)]


def test_two_covers_are_drawn_for_training_and_all_where_they_are_measured() -> None:
    rgb = np.full((150, 190, 3), (190, 150, 130), np.uint8)
    taught, measured = set(), set()
    for index in range(8):
        training = picture(Origin.CROP, Label.WITHOUT_MASK)
        for one, found in ((training, taught), (replace(training, split=Split.TEST), measured)):
            sources = {canvas.source for canvas in canvases_of(see(one, index, rgb, row(), None))}
            covers = sources & {"drawn/scarf", "drawn/hand", "drawn/cup", "drawn/bottle"}
            assert len(covers) == (2 if found is taught else 4)
            found |= covers
    assert taught == measured


def test_a_face_that_a_person_saw_among_the_false_alarms_is_not_taught_as_none() -> None:
    """With a label it is taught as that; without one nothing is learned from it."""
    rgb = np.full((300, 400, 3), 120, np.uint8)
    truth = AnnotatedPhoto(
        path=Path("face.png"), boxes=FACE[None].astype(np.float32), labels=(Label.WITHOUT_MASK,)
    )
    found = np.repeat(row(), 4, axis=0)
    found[1:, SCORE] = 0.35
    found[1:, 0], found[1:, 1] = (220, 220, 320), (20, 200, 200)
    found[1:, 2:4] = found[1:, :2] + 40
    seen = see(
        picture(Origin.PHOTO, None),
        5,
        rgb,
        found,
        truth,
        unboxed=UnboxedFaces(boxes=found[1:3, :4].copy(), labels=(Label.WITH_MASK, None)),
    )
    taught = [(canvas.source, canvas.label) for canvas in canvases_of(seen) if canvas.face_size < 50]
    assert taught.count(("crops/unboxed", Label.WITH_MASK)) == 1
    assert taught.count(("crops/false_alarms", Label.NOT_A_FACE)) == 1
