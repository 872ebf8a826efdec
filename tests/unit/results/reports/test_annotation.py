"""Boxes are drawn around their faces, in proportion to the photo."""

import pytest
from PIL import Image

from core.labels.final_label import FinalLabel
from core.results.reports.annotation import LABEL_COLOURS, annotate, line_thickness
from core.results.reports.rows import FaceBox, FaceRow

GROUND = (10, 20, 30)


def _face(label: FinalLabel, x1: float, y1: float, x2: float, y2: float) -> FaceRow:
    return FaceRow(
        face_id=round(x1), x1=x1, y1=y1, x2=x2, y2=y2, box=FaceBox.FOUND, predicted=None,
        decided=None, final=label, probabilities=(0.9, 0.1, 0, 0), detector_score=0.9,
    )  # fmt: skip


def _drawn(*faces: FaceRow, size: tuple[int, int] = (400, 300), scale: float = 1.0) -> Image.Image:
    image = Image.new("RGB", size, GROUND)
    annotate(image, faces, scale=scale)
    return image


@pytest.mark.parametrize("label", [FinalLabel.WITH_MASK, FinalLabel.WITHOUT_MASK, FinalLabel.INCORRECT])
def test_a_frame_outside_the_face(label: FinalLabel) -> None:
    image = _drawn(_face(label, 100, 120, 180, 200))
    for point in ((99, 160), (181, 160), (140, 201)):
        assert image.getpixel(point) == LABEL_COLOURS[label]
    assert {image.getpixel((x, y)) for x in range(101, 180) for y in range(121, 200)} == {GROUND}


def test_indeterminate_is_dashed() -> None:
    image = _drawn(_face(FinalLabel.INDETERMINATE, 100, 120, 180, 200))
    side = {image.getpixel((99, y)) for y in range(120, 200)}
    assert side == {LABEL_COLOURS[FinalLabel.INDETERMINATE], (255, 255, 255)}


def test_boxes_follow_the_scale() -> None:
    image = _drawn(_face(FinalLabel.WITH_MASK, 200, 240, 360, 400), scale=0.5)
    assert image.getpixel((99, 160)) == LABEL_COLOURS[FinalLabel.WITH_MASK]


def test_lines_grow_with_the_photo() -> None:
    assert [line_thickness(size) for size in ((300, 200), (1920, 1280), (9000, 6000))] == [2, 4, 14]


@pytest.mark.parametrize(
    "box", [(0, 0, 400, 300), (-20, -20, 30, 30), (380, 280, 430, 330), (5, 290, 8, 299)]
)
def test_the_name_stays_inside_the_photo(box: tuple[float, float, float, float]) -> None:
    """The plate is a solid area of the label's colour, wider than any line."""
    image = _drawn(_face(FinalLabel.WITH_MASK, *box))
    colour = LABEL_COLOURS[FinalLabel.WITH_MASK]
    widest = max(sum(image.getpixel((x, y)) == colour for x in range(400)) for y in range(300))
    assert widest > 60


def test_only_the_named_face_has_a_name() -> None:
    faces = [
        _face(FinalLabel.WITH_MASK, 20, 120, 90, 200),
        _face(FinalLabel.WITHOUT_MASK, 250, 120, 320, 200),
    ]
    image = Image.new("RGB", (400, 300), GROUND)
    annotate(image, faces, named=faces[1])
    assert {image.getpixel((x, 110)) for x in range(130)} == {GROUND}
    assert {image.getpixel((x, 110)) for x in range(240, 400)} != {GROUND}
