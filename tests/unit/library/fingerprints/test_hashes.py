"""Hashes equal those of imagehash for any shape; the pixel hash depends on every pixel."""

import tracemalloc
from pathlib import Path

import cv2
import imagehash
import numpy as np
import pytest
from PIL import Image

from core.detection.crop import cut
from core.detection.decode import decode_photo
from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.library.fingerprints.hashes import (
    FACES_AT_ONCE,
    hash_photo,
    hash_picture,
    hash_pixels,
    measure_faces,
)
from core.library.fingerprints.photo_hashes import distance

SHAPES = [
    *[(1, 1), (1, 200), (200, 1), (7, 9), (8, 9), (32, 32), (63, 64), (65, 31), (129, 640), (700, 500)],
    # Around the height from which Pillow shrinks columns first, and beyond one band of rows.
    *[(168, 100), (169, 100), (190, 100), (191, 100), (31, 5), (33, 5), (1200, 540), (600, 1300)],
]


def picture(height: int, width: int, seed: int = 0) -> np.ndarray:
    """Smooth shapes with some noise, like a photo."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (max(2, height // 40), max(2, width // 40), 3), np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    return np.clip(smooth + rng.integers(-9, 10, smooth.shape), 0, 255).astype(np.uint8)


def as_hex(value: int) -> str:
    return f"{value & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def decoded(rgb: np.ndarray, factor: int = 1) -> DecodedPhoto:
    height, width = rgb.shape[:2]
    return DecodedPhoto(rgb=rgb, width=width * factor, height=height * factor, format="PNG")


@pytest.mark.parametrize("shape", SHAPES)
def test_hashes_equal_those_of_imagehash(shape: tuple[int, int]) -> None:
    for seed in range(5):
        rgb = picture(*shape, seed)
        found = hash_picture(rgb)
        assert as_hex(found.phash) == str(imagehash.phash(Image.fromarray(rgb)))
        assert as_hex(found.dhash) == str(imagehash.dhash(Image.fromarray(rgb)))


def test_a_plain_picture_equals_imagehash_too() -> None:
    for level in (0, 1, 127, 255):
        rgb = np.full((50, 40, 3), level, np.uint8)
        assert as_hex(hash_picture(rgb).phash) == str(imagehash.phash(Image.fromarray(rgb)))


def test_real_photos_equal_imagehash(real_data: Path) -> None:
    for path in sorted((real_data / "photos" / "images").iterdir())[::40]:
        photo = decode_photo(path.read_bytes())
        found = hash_photo(photo).picture
        assert as_hex(found.phash) == str(imagehash.phash(Image.fromarray(photo.rgb)))
        assert as_hex(found.dhash) == str(imagehash.dhash(Image.fromarray(photo.rgb)))


def test_hashes_are_signed_and_their_distance_counts_bits() -> None:
    found = [hash_picture(picture(90, 120, seed)) for seed in range(20)]
    assert any(hashes.dhash < 0 for hashes in found)
    assert all(-(2**63) <= hashes.dhash < 2**63 for hashes in found)
    assert distance(-1, 0) == 64
    assert distance(-(2**63), 0) == 1
    assert distance(5, 5) == 0


def test_the_pixel_hash_depends_on_every_level_and_on_the_shape() -> None:
    rgb = picture(40, 60)
    changed = rgb.copy()
    changed[3, 5, 1] ^= 1
    assert hash_pixels(rgb) == hash_pixels(rgb.copy())
    assert hash_pixels(rgb) == hash_pixels(np.asfortranarray(rgb))
    assert hash_pixels(rgb) != hash_pixels(changed)
    assert hash_pixels(rgb) != hash_pixels(rgb.reshape(60, 40, 3))


def test_a_reduced_photo_has_no_pixel_hash() -> None:
    rgb = picture(40, 60)
    assert hash_photo(decoded(rgb)).pixels == hash_pixels(rgb)
    assert hash_photo(decoded(rgb, factor=2)).pixels is None


def test_a_face_is_hashed_by_its_crop_in_pixels_of_the_full_photo() -> None:
    rgb = picture(300, 400)
    box = Box(x1=100, y1=80, x2=180, y2=190)
    crop = cut(rgb, np.array([[100.0, 80, 180, 190]]), side=112)[0]
    (look,) = measure_faces(decoded(rgb), [box])
    assert look.hashes == hash_picture(crop)
    doubled = Box(x1=200, y1=160, x2=360, y2=380)
    assert measure_faces(decoded(rgb, factor=2), [doubled]) == [look]
    assert measure_faces(decoded(rgb), []) == []


def test_blur_falls_when_a_face_is_blurred_and_brightness_is_its_mean() -> None:
    rgb = picture(300, 400)
    box = Box(x1=100, y1=80, x2=180, y2=190)
    (sharp,) = measure_faces(decoded(rgb), [box])
    (blurred,) = measure_faces(decoded(cv2.GaussianBlur(rgb, (0, 0), 4)), [box])
    assert blurred.blur < sharp.blur / 4
    assert blurred.brightness == pytest.approx(sharp.brightness, abs=3)
    (dark,) = measure_faces(decoded(np.zeros_like(rgb)), [box])
    assert (dark.blur, dark.brightness) == (0, 0)


def test_a_crowd_is_measured_in_parts_and_as_each_face_alone() -> None:
    """All at once, hundreds of faces took more memory than their photo."""
    rgb = picture(400, 600)
    boxes = [Box(x1=x, y1=y, x2=x + 40, y2=y + 44) for y in range(0, 300, 20) for x in range(0, 500, 25)]
    tracemalloc.start()
    found = measure_faces(decoded(rgb), boxes)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(found) == len(boxes) == 300
    assert most < 12_000_000
    for at in (0, FACES_AT_ONCE - 1, FACES_AT_ONCE, len(boxes) - 1):
        assert measure_faces(decoded(rgb), [boxes[at]]) == [found[at]]
