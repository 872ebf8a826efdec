"""What is covered of a face: the eyes with nose and mouth left to see, or all of it."""

import pytest
from PIL import Image

from core.library.pictures.anonymise import Anonymise, FaceShape, cover_of, covers_tag, paint

_BOX = (100.0, 100.0, 200.0, 240.0)
#: Right eye, left eye, nose tip, mouth corners.
_POINTS = ((125.0, 155.0), (175.0, 155.0), (150.0, 185.0), (130.0, 210.0), (170.0, 210.0))


def _turned(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """A quarter turn around the middle of the box."""
    return tuple((150 - (y - 170), 170 + (x - 150)) for x, y in points)


def _painted(face: FaceShape, how: Anonymise, scale: float = 1.0) -> Image.Image:
    image = Image.new("RGB", (round(400 * scale), round(400 * scale)), "white")
    paint(image, [cover_of(face, how)], scale=scale)
    return image


def _is_covered(image: Image.Image, point: tuple[float, float], scale: float = 1.0) -> bool:
    return image.getpixel((round(point[0] * scale), round(point[1] * scale)))[0] < 60


@pytest.mark.parametrize("points", [_POINTS, _turned(_POINTS)], ids=["upright", "lying"])
@pytest.mark.parametrize("scale", [1.0, 0.25])
def test_eyes_are_covered_and_nose_and_mouth_are_not(
    points: tuple[tuple[float, float], ...], scale: float
) -> None:
    image = _painted(FaceShape(box=_BOX, landmarks=points), Anonymise.EYES, scale)
    assert [_is_covered(image, point, scale) for point in points] == [True, True, False, False, False]


def test_a_face_without_landmarks_has_its_upper_half_covered() -> None:
    image = _painted(FaceShape(box=_BOX), Anonymise.EYES)
    assert [_is_covered(image, point) for point in _POINTS] == [True, True, False, False, False]


def test_a_profile_follows_its_box() -> None:
    """Its eyes lie so close together that a band between them would leave one to see."""
    profile = ((110.0, 150.0), (125.0, 150.0), (102.0, 180.0), (110.0, 210.0), (125.0, 210.0))
    image = _painted(FaceShape(box=_BOX, landmarks=profile), Anonymise.EYES)
    assert all(_is_covered(image, (x, 150)) for x in range(100, 200, 5))


def test_landmarks_with_the_nose_above_the_eyes_are_not_used() -> None:
    wrong = (_POINTS[0], _POINTS[1], (150.0, 130.0), *_POINTS[3:])
    image = _painted(FaceShape(box=_BOX, landmarks=wrong), Anonymise.EYES)
    assert not _is_covered(image, (150, 200))
    assert _is_covered(image, (150, 150))


def test_a_whole_face_is_covered_with_its_forehead() -> None:
    image = _painted(FaceShape(box=_BOX, landmarks=_POINTS), Anonymise.FACE)
    assert all(_is_covered(image, (x, y)) for x in range(100, 201, 10) for y in range(80, 241, 10))
    assert not _is_covered(image, (150, 300))


def test_the_tag_tells_covers_apart() -> None:
    face = FaceShape(box=_BOX, landmarks=_POINTS)
    eyes, whole = (covers_tag([cover_of(face, how)]) for how in (Anonymise.EYES, Anonymise.FACE))
    assert eyes and whole and eyes != whole
    assert covers_tag([]) == ""
