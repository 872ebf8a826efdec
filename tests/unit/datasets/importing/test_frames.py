"""Boxes of a picture that was scaled or turned are brought into the upright photo."""

import numpy as np
import pytest

from core.datasets.importing.frames import fit_frame, turn_box
from core.datasets.importing.truth import Truth
from core.detection.face import Box, FoundFace
from core.detection.photo import DecodedPhoto
from core.detection.pixels import turn_upright
from core.errors import InputError
from core.labels.annotation import LabelledBox
from models import Label

FACE = Box(x1=20, y1=30, x2=60, y2=80)


def photo(orientation: int = 1, *, width: int = 300, height: int = 200) -> DecodedPhoto:
    rgb = np.zeros((height, width, 3), np.uint8)
    return DecodedPhoto(rgb=rgb, width=width, height=height, format="JPEG", orientation=orientation)


def truth(box: Box, frame: tuple[int, int] | None) -> Truth:
    return Truth(boxes=(LabelledBox(box=box, label=Label.WITH_MASK),), frame=frame)


def found(box: Box) -> list[FoundFace]:
    return [FoundFace(box=box, landmarks=(), score=0.9)]


def fitted(box: Box, frame: tuple[int, int] | None, at: DecodedPhoto, faces: list[FoundFace]) -> Box:
    return fit_frame(truth(box, frame), at, faces)[0].boxes[0].box


def code_of(box: Box, frame: tuple[int, int] | None, at: DecodedPhoto, faces: list[FoundFace]) -> str:
    with pytest.raises(InputError) as caught:
        fit_frame(truth(box, frame), at, faces)
    return caught.value.code


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_turns_as_the_pixels_do(orientation: int) -> None:
    stored = np.zeros((200, 300, 3), np.uint8)
    stored[30:80, 20:60] = 255
    rows, columns = np.nonzero(turn_upright(stored, orientation)[..., 0])
    assert turn_box(FACE, orientation, width=300, height=200) == Box(
        x1=columns.min(), y1=rows.min(), x2=columns.max() + 1, y2=rows.max() + 1
    )


@pytest.mark.parametrize("frame", [(300, 200), None])
def test_boxes_of_the_photo_itself_stay(frame: tuple[int, int] | None) -> None:
    """Also where they meet no detected face: nothing else was annotated."""
    assert fitted(FACE, frame, photo(), []) == FACE


def test_boxes_of_another_resolution_are_scaled() -> None:
    larger = Box(x1=80, y1=120, x2=240, y2=320)
    assert fitted(larger, (1200, 800), photo(), []) == FACE
    # A side is rounded to whole pixels where a photo is made smaller: 333.5 becomes 333.
    scaled, frame = fit_frame(truth(larger, (1000, 667)), photo(width=500, height=333), [])
    assert frame.is_scaled and not frame.is_turned
    assert scaled.boxes[0].box.x1 == 40


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_boxes_of_the_stored_picture_are_turned(orientation: int) -> None:
    """The size tells which picture was annotated, with or without a detected face."""
    upright, stored = photo(orientation), (200, 300)
    turned, frame = fit_frame(truth(FACE, stored), upright, [])
    assert turned.boxes[0].box == turn_box(FACE, orientation, width=200, height=300)
    assert frame.is_turned and not frame.is_scaled
    assert fitted(FACE, (300, 200), upright, []) == FACE


def test_boxes_of_a_larger_stored_picture_are_scaled_and_turned() -> None:
    upright = photo(6)
    double = Box(x1=40, y1=60, x2=120, y2=160)
    assert fitted(double, (400, 600), upright, []) == turn_box(FACE, 6, width=200, height=300)


@pytest.mark.parametrize(
    ("orientation", "width"), [(2, 300), (3, 300), (4, 300), (5, 200), (6, 200), (8, 200)]
)
@pytest.mark.parametrize("said", [True, False])
def test_where_the_size_does_not_tell_the_detected_faces_do(orientation: int, width: int, said: bool) -> None:
    at = photo(orientation, width=width, height=200)
    frame = (width, 200) if said else None
    turned = turn_box(FACE, orientation, width=width, height=200)
    assert fitted(FACE, frame, at, found(FACE)) == FACE
    assert fitted(FACE, frame, at, found(turned)) == turned
    assert code_of(FACE, frame, at, []) == "annotation_turn"
    assert code_of(FACE, frame, at, found(Box(x1=120, y1=90, x2=130, y2=100))) == "annotation_turn"


def test_without_a_size_a_box_beyond_the_edge_tells_the_picture() -> None:
    low = Box(x1=20, y1=230, x2=60, y2=280)
    assert fitted(low, None, photo(6), []) == turn_box(low, 6, width=200, height=300)


def test_another_shape_is_an_error_with_both_sizes() -> None:
    with pytest.raises(InputError, match="640 x 640 pixels, but the photo has 300 x 200") as caught:
        fit_frame(truth(FACE, (640, 640)), photo(), found(FACE))
    assert caught.value.code == "annotation_size"


def test_exchanged_width_and_height_need_a_detected_face() -> None:
    assert fitted(FACE, (200, 300), photo(), found(FACE)) == FACE
    assert code_of(FACE, (200, 300), photo(), []) == "annotation_size"


def test_a_truth_without_boxes_has_no_frame() -> None:
    labelled = Truth(label=Label.WITH_MASK)
    assert fit_frame(labelled, photo(6), [])[0] == labelled
    assert fit_frame(Truth(frame=(640, 640)), photo(), [])[0] == Truth()
