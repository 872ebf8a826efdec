"""Objects of annotation files, whatever format they come from."""

from math import inf, nan

import pytest

from core.detection.face import Box
from core.labels.annotation import AnnotatedObject, ObjectProblem, annotated_object

BOX = Box(x1=1, y1=2, x2=30, y2=40)


@pytest.mark.parametrize("corners", [(1, 2, 30, 40), (30, 40, 1, 2), (30, 2, 1, 40), (1, 40, 30, 2)])
def test_corners_are_ordered(corners: tuple[float, ...]) -> None:
    assert annotated_object(" Mask ", corners) == AnnotatedObject(word="Mask", box=BOX)


@pytest.mark.parametrize(
    ("word", "corners", "problem"),
    [
        ("mask", (1, 2, 30), ObjectProblem.BOX_MISSING),
        ("mask", (1, 2, 30, None), ObjectProblem.BOX_MISSING),
        ("mask", (1, 2, 30, nan), ObjectProblem.BOX_MISSING),
        ("mask", (1, 2, -inf, 40), ObjectProblem.BOX_MISSING),
        ("mask", (1, 2, 1, 40), ObjectProblem.BOX_EMPTY),
        ("mask", (1, 2, 30, 2 + 1e-12), ObjectProblem.BOX_EMPTY),
        (None, (1, 2, 30, 40), ObjectProblem.WORD_MISSING),
    ],
)
def test_what_cannot_be_used_says_why(
    word: str | None, corners: tuple[float | None, ...], problem: ObjectProblem
) -> None:
    assert annotated_object(word, corners).problem is problem
