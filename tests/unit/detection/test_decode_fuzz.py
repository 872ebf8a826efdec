"""The decoder raises nothing but InputError, however a file's bytes are changed."""

import random

import numpy as np
import pytest
from PIL import Image

from core.detection.decode import decode_photo
from core.errors import InputError
from core.samples import encoding

ROUNDS = 150
RGB = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
_PICTURE = Image.fromarray(RGB)
FILES = {
    "jpeg": encoding.turned_jpeg(RGB, 6),
    "progressive": encoding.jpeg(RGB, progressive=True),
    "cmyk": encoding.cmyk_jpeg(RGB),
    "png": encoding.saved(_PICTURE, "PNG"),
    "png16": encoding.deep_rgb_png(RGB),
    "palette": encoding.palette_png(RGB),
    "apng": encoding.animated(RGB, "PNG"),
    "webp": encoding.saved(_PICTURE, "WEBP"),
    "webp_animated": encoding.animated(RGB, "WEBP"),
    "gif": encoding.animated(RGB, "GIF"),
    "bmp": encoding.saved(_PICTURE, "BMP"),
    "tiff": encoding.saved(_PICTURE, "TIFF"),
    "tiff_lzw": encoding.saved(_PICTURE, "TIFF", compression="tiff_lzw"),
    "tiff_float": encoding.saved(_PICTURE.convert("F"), "TIFF"),
    "heic": encoding.heic(RGB),
    "avif": encoding.saved(_PICTURE, "AVIF"),
    "jpeg2000": encoding.saved(_PICTURE, "JPEG2000"),
}


def mangled(data: bytes, chance: random.Random) -> bytes:
    """Some bytes changed, mostly in the header; sometimes a piece cut out, doubled or the end lost."""
    changed = bytearray(data)
    reach = len(changed) if chance.random() < 0.5 else min(len(changed), 300)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        changed[chance.randrange(reach)] = chance.choice((0, 1, 127, 128, 255, chance.randrange(256)))
    at, how = chance.randrange(len(changed)), chance.random()
    if how < 0.2:
        return bytes(changed[:at])
    if how < 0.3:
        del changed[at : at + chance.randrange(1, 64)]
    elif how < 0.4:
        changed[at:at] = changed[at : at + 32]
    return bytes(changed)


@pytest.mark.parametrize("kind", FILES)
def test_only_input_errors_are_raised(kind: str) -> None:
    chance = random.Random(kind)
    for _ in range(ROUNDS):
        try:
            photo = decode_photo(mangled(FILES[kind], chance), min_scale=chance.choice((1.0, 0.5, 0.2)))
        except InputError as error:
            assert error.code.isidentifier()
        else:
            assert photo.rgb.dtype == np.uint8
