"""TIFF pages are counted along their chain, even if later pages are damaged."""

import struct
import time

import numpy as np
import pytest
from PIL import Image

from core.detection.decode import decode_photo
from core.detection.signature import MOST_PAGES, count_tiff_pages
from core.samples import encoding

RGB = np.full((8, 8, 3), 90, np.uint8)


@pytest.mark.parametrize("is_big", [False, True])
def test_pages_are_counted(is_big: bool) -> None:
    pages = [Image.fromarray(RGB)] * 3
    options = {"save_all": True, "append_images": pages, "big_tiff": is_big}
    data = encoding.saved(Image.fromarray(RGB), "TIFF", **options)
    assert decode_photo(data).frames == 4


def chain(pages: int, *, in_a_circle: bool) -> bytes:
    """A whole TIFF of one page, followed by `pages` that have one entry and no pixels."""
    data = bytearray(encoding.saved(Image.fromarray(RGB), "TIFF"))
    (first,) = struct.unpack_from("<L", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    start = len(data)
    struct.pack_into("<L", data, first + 2 + 12 * entries, start)
    for number in range(pages):
        following = start + 18 * (number + 1)
        if number == pages - 1:
            following = first if in_a_circle else 0
        data += struct.pack("<HHHLHHL", 1, 256, 3, 1, 8, 0, following)
    return bytes(data)


@pytest.mark.parametrize("in_a_circle", [False, True])
def test_damaged_later_pages_do_not_affect_the_first(in_a_circle: bool) -> None:
    photo = decode_photo(chain(5, in_a_circle=in_a_circle))
    assert photo.frames == 6
    assert (photo.rgb == RGB).all()


def test_a_chain_without_end_is_left() -> None:
    started = time.perf_counter()
    assert decode_photo(chain(200_000, in_a_circle=True)).frames == MOST_PAGES
    assert time.perf_counter() - started < 1


@pytest.mark.parametrize(
    "data", [b"II*\0", b"II*\0\xff\xff\xff\xff", b"MM\0*\0\0\0\x08", b"II+\0" + bytes(40)]
)
def test_broken_chains_count_one(data: bytes) -> None:
    assert count_tiff_pages(data) == 1
