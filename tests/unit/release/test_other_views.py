"""Photos without people give false alarms of every view, for training alone."""

from pathlib import Path

import numpy as np
import pytest

from core.detection.yunet import COLUMNS, SCORE
from core.release.other_views import MOST, VIEWS, view_canvases
from core.release.pictures import Origin, Picture
from models.label import Label
from models.split import Split


class Finder:
    """Finds the same two candidates in every picture, and remembers the pictures."""

    def __init__(self, candidates: int = 2) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.rows = np.zeros((candidates, COLUMNS), np.float32)
        self.rows[:, :4] = [10, 10, 40, 45]
        self.rows[:, SCORE] = np.linspace(0.4, 0.1, candidates)

    def find(self, photo: object) -> np.ndarray:
        self.shapes.append(photo.rgb.shape)  # type: ignore[attr-defined]
        return self.rows


def picture(origin: Origin = Origin.NEGATIVE, split: Split = Split.TRAIN) -> Picture:
    return Picture(
        path=Path("shoe.png"),
        name="negatives/shoe.png",
        folder="negatives",
        origin=origin,
        label=None,
        split=split,
    )


SHOE = np.random.default_rng(1).integers(0, 255, (100, 140, 3), dtype=np.uint8)


def test_every_view_is_searched_and_its_candidates_show_no_face() -> None:
    finder = Finder()
    canvases = list(view_canvases(picture(), 7, SHOE, finder))  # type: ignore[arg-type]
    assert set(finder.shapes) == {(100, 140, 3), (200, 280, 3), (50, 70, 3), (140, 100, 3)}
    assert len(finder.shapes) == len(VIEWS) and len(canvases) == 2 * len(VIEWS)
    assert {canvas.label for canvas in canvases} == {Label.NOT_A_FACE}
    assert {canvas.picture for canvas in canvases} == {7}
    sources = [canvas.source for canvas in canvases]
    assert sources.count("negatives/other_views/likely") == len(VIEWS)
    assert sources.count("negatives/other_views/unlikely") == len(VIEWS)
    assert len({canvas.pixels.tobytes() for canvas in canvases}) > 4, "the views differ"


@pytest.mark.parametrize(
    ("origin", "split"),
    [(Origin.NEGATIVE, Split.TEST), (Origin.NEGATIVE, Split.VALIDATION), (Origin.PHOTO, Split.TRAIN)],
)
def test_what_measures_and_photos_of_people_stay_as_they_are(origin: Origin, split: Split) -> None:
    finder = Finder()
    assert not list(view_canvases(picture(origin, split), 7, SHOE, finder))  # type: ignore[arg-type]
    assert not finder.shapes


def test_a_picture_full_of_candidates_does_not_outweigh_the_others() -> None:
    canvases = list(view_canvases(picture(), 7, SHOE, Finder(100)))  # type: ignore[arg-type]
    assert len(canvases) == MOST * len(VIEWS)
