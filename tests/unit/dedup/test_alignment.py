"""Alignment accepts modified parts of a photo and rejects other photos of the same place."""

import pytest
from PIL import Image

from core.dedup.alignment import Corners, detect_corners, is_part
from tests.unit.dedup.pictures import (
    cropped,
    jpeg,
    letterboxed,
    marked,
    mirrored,
    other_person,
    portrait,
    unrelated,
)


def corners(image: Image.Image) -> Corners:
    return detect_corners(jpeg(image), short_side=min(image.size))


@pytest.mark.parametrize(
    "copy",
    [
        portrait(),
        portrait().resize((170, 170)),
        cropped(portrait(), 0.1),
        cropped(portrait(), 0.3),
        letterboxed(portrait()),
        mirrored(portrait()),
        cropped(mirrored(portrait()), 0.1),
        marked(portrait()),
        letterboxed(cropped(portrait(), 0.15)).resize((250, 320)),
    ],
)
def test_a_copy_is_part_of_its_original_in_either_order(copy: Image.Image) -> None:
    assert is_part(corners(portrait()), corners(copy))
    assert is_part(corners(copy), corners(portrait()))


@pytest.mark.parametrize("share", [0.5, 0.7])
def test_another_person_in_the_same_place_is_rejected(share: float) -> None:
    assert not is_part(corners(portrait()), corners(other_person(portrait(), share)))


def test_two_overlapping_crops_are_not_part_of_each_other() -> None:
    whole = portrait()
    left = whole.crop((0, 0, round(whole.width * 0.65), whole.height))
    right = whole.crop((round(whole.width * 0.35), 0, whole.width, whole.height))
    assert is_part(corners(whole), corners(left)) and is_part(corners(whole), corners(right))
    assert not is_part(corners(left), corners(right))


@pytest.mark.parametrize(
    "other", [unrelated(1), Image.new("RGB", (400, 300), "grey"), Image.new("RGB", (3, 900), "red")]
)
def test_another_picture_is_rejected(other: Image.Image) -> None:
    assert not is_part(corners(portrait()), corners(other))
    assert not is_part(corners(other), corners(portrait()))
