"""The hash of a turned copy is known from the hash of the photo; alignment confirms it."""

import numpy as np
import pytest
from PIL import Image

from core.dedup.alignment import detect_corners, is_part
from core.dedup.similar import EmbeddedPhotos, add_pairs, pair_of
from core.dedup.turned import MOST_TURNED, TURNED_DISTANCE, TurnedLibrary, turned_hashes
from core.library.fingerprints.hashes import hash_picture
from core.library.fingerprints.photo_hashes import HashedPhotos, bits_apart
from tests.unit.dedup.pictures import jpeg, mirrored, other_person, portrait, unrelated

_TURN = Image.Transpose
TURNS = {
    "by 90": _TURN.ROTATE_90,
    "by 180": _TURN.ROTATE_180,
    "by 270": _TURN.ROTATE_270,
    "by 90, mirrored": _TURN.TRANSPOSE,
    "by 270, mirrored": _TURN.TRANSVERSE,
    "upside down, mirrored": _TURN.FLIP_TOP_BOTTOM,
}
#: Not square, so that turning changes the size.
WHOLE = portrait().crop((0, 0, 512, 400))


def hash_of(image: Image.Image) -> np.uint64:
    return np.array([hash_picture(np.asarray(image)).phash]).view(np.uint64)[0]


def library(*images: Image.Image) -> HashedPhotos:
    phash = np.array([hash_of(image) for image in images], np.uint64)
    return HashedPhotos(ids=np.arange(len(images)) * 10 + 5, phash=phash, dhash=phash)


@pytest.mark.parametrize("picture", [WHOLE, unrelated(4)])
def test_the_hashes_are_those_of_the_turned_pictures(picture: Image.Image) -> None:
    known = [each[0] for each in turned_hashes(np.array([hash_of(picture)]))]
    assert len(known) == len(TURNS)
    for turn in TURNS.values():
        nearest = min(
            int(bits_apart(np.array([hash_of(picture.transpose(turn))]), each)[0]) for each in known
        )
        assert nearest <= TURNED_DISTANCE


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("side", [1.0, 0.4])
def test_a_turned_copy_is_found_and_confirmed(turn: str, side: float) -> None:
    copy = WHOLE.transpose(TURNS[turn])
    copy = copy.resize((round(copy.width * side), round(copy.height * side)))
    photos = TurnedLibrary(library(unrelated(1), WHOLE, unrelated(2), copy))
    assert photos.pairs(np.array([35])) == {(15, 35)}
    assert photos.pairs(np.array([15])) == {(15, 35)}
    assert photos.pairs(np.array([5, 25])) == set()
    corners = [detect_corners(jpeg(image), short_side=min(image.size)) for image in (WHOLE, copy)]
    assert is_part(*corners) and is_part(*reversed(corners))


def test_another_person_in_a_turned_photo_of_the_place_is_rejected() -> None:
    images = WHOLE, other_person(WHOLE).transpose(_TURN.ROTATE_90)
    assert not is_part(*(detect_corners(jpeg(image), short_side=min(image.size)) for image in images))


def test_a_mirrored_copy_is_left_to_the_embedding() -> None:
    assert TurnedLibrary(library(WHOLE, mirrored(WHOLE))).pairs(np.array([5, 15])) == set()


def test_photos_without_detail_and_long_bursts_stay_few() -> None:
    plain = Image.new("RGB", (300, 200), "grey")
    assert TurnedLibrary(library(plain, plain.transpose(_TURN.ROTATE_90))).pairs(np.array([5, 15])) == set()
    turned = WHOLE.transpose(_TURN.ROTATE_90)
    found = TurnedLibrary(library(WHOLE, *[turned] * 40)).pairs(np.array([5]))
    assert len(found) == MOST_TURNED


def test_pairs_get_their_cosine_once() -> None:
    vectors = np.array([[100, 0], [0, 100], [-100, 0]], np.int8)
    embedded = EmbeddedPhotos(ids=np.array([1, 2, 3]), vectors=vectors)
    found = [pair_of(1, 2, 0.7)]
    assert add_pairs(found, {(1, 2), (1, 3)}, embedded) == [pair_of(1, 2, 0.7), pair_of(1, 3, 0.0)]
