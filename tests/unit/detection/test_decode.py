"""Valid photos of every format and mode are decoded upright with the right colours."""

from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageOps
from pillow_heif import encode

from core.detection.decode import decode_photo
from core.detection.photo import PhotoNote
from core.detection.pixels import resize_view, turn_upright, upright_view
from core.samples import encoding
from core.samples.portrait import whole_portrait

Rgb = NDArray[np.uint8]


@pytest.fixture(scope="module")
def rgb() -> Rgb:
    """A part of the portrait whose four sides all differ."""
    return np.ascontiguousarray(whole_portrait().rgb[40:200, 120:320])


def difference(one: Rgb, other: Rgb) -> float:
    assert one.shape == other.shape
    return float(np.abs(one.astype(int) - other.astype(int)).mean())


@pytest.mark.parametrize(
    ("file_format", "options"),
    [
        ("JPEG", {"quality": 95}),
        ("JPEG", {"quality": 95, "progressive": True}),
        ("PNG", {}),
        ("WEBP", {"quality": 95}),
        ("WEBP", {"lossless": True}),
        ("BMP", {}),
        ("TIFF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "jpeg", "quality": 95}),
        ("AVIF", {"quality": 95}),
        ("JPEG2000", {}),
    ],
)
def test_each_format_is_read(rgb: Rgb, file_format: str, options: dict[str, object]) -> None:
    photo = decode_photo(encoding.saved(Image.fromarray(rgb), file_format, **options))
    assert (photo.format, photo.frames, photo.width, photo.height) == (file_format, 1, 200, 160)
    assert difference(photo.rgb, rgb) < 4


def test_heic_is_read(rgb: Rgb) -> None:
    photo = decode_photo(encoding.heic(rgb))
    assert photo.format == "HEIF"
    assert difference(photo.rgb, rgb) < 5


def test_gif_is_read(rgb: Rgb) -> None:
    assert difference(decode_photo(encoding.saved(Image.fromarray(rgb), "GIF")).rgb, rgb) < 5


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("file_format", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF", "HEIF"])
def test_all_orientations_are_turned_upright(rgb: Rgb, file_format: str, orientation: int) -> None:
    lying = Image.fromarray(rgb)
    exif = Image.Exif()
    exif[0x0112] = orientation
    lying.info["exif"] = exif.tobytes()
    if file_format == "HEIF":
        out = BytesIO()
        encode("RGB", lying.size, lying.tobytes(), out, exif=exif.tobytes(), quality=90)
        data = out.getvalue()
    else:
        data = encoding.saved(lying, file_format, exif=exif)
    upright = np.asarray(ImageOps.exif_transpose(lying))
    photo = decode_photo(data)
    assert (photo.width, photo.height) == (upright.shape[1], upright.shape[0])
    assert difference(photo.rgb, upright) < 8
    if file_format not in ("AVIF", "HEIF"):
        assert (photo.orientation, photo.stored_size) == (orientation, lying.size)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_samples_of_all_orientations_decode_equally(rgb: Rgb, orientation: int) -> None:
    assert difference(decode_photo(encoding.turned_jpeg(rgb, orientation)).rgb, rgb) < 4


def test_damaged_exif_only_loses_the_orientation(rgb: Rgb) -> None:
    data = encoding.turned_jpeg(rgb, 1)
    at = data.index(b"Exif\0\0") + 6
    broken = data[:at] + b"\xff" * 12 + data[at + 12 :]
    assert decode_photo(broken).rgb.shape == rgb.shape


@pytest.mark.parametrize(
    ("min_scale", "side"), [(1.0, 800), (0.6, 800), (0.5, 400), (0.3, 400), (0.25, 200), (0.01, 100)]
)
def test_jpeg_is_reduced_but_never_below_min_scale(rgb: Rgb, min_scale: float, side: int) -> None:
    large = np.ascontiguousarray(rgb.repeat(5, 0).repeat(4, 1))
    photo = decode_photo(encoding.jpeg(large), min_scale=min_scale)
    assert photo.rgb.shape == (side, side, 3)
    assert (photo.width, photo.height) == (800, 800)
    assert photo.scale >= min_scale


@pytest.mark.parametrize("min_scale", [0.5, 0.25, 0.125])
def test_reduced_jpeg_keeps_its_colours(rgb: Rgb, min_scale: float) -> None:
    photo = decode_photo(encoding.jpeg(rgb, 95), min_scale=min_scale)
    size = (photo.rgb.shape[1], photo.rgb.shape[0])
    assert difference(photo.rgb, np.asarray(Image.fromarray(rgb).resize(size, Image.Resampling.BOX))) < 4


def test_reduced_and_turned_jpeg_gives_full_upright_size(rgb: Rgb) -> None:
    photo = decode_photo(encoding.turned_jpeg(rgb, 6), min_scale=0.5)
    assert (photo.width, photo.height) == (200, 160)
    assert photo.rgb.shape == (80, 100, 3)


@pytest.mark.parametrize("size", [(1, 1), (7, 9), (3, 700)])
def test_tiny_jpegs_are_read_at_any_scale(size: tuple[int, int]) -> None:
    photo = decode_photo(encoding.saved(Image.new("RGB", size, (200, 30, 30)), "JPEG"), min_scale=0.01)
    assert (photo.width, photo.height) == size


def test_cmyk_is_not_inverted(rgb: Rgb) -> None:
    assert difference(decode_photo(encoding.cmyk_jpeg(rgb)).rgb, rgb) < 6


def test_reduced_cmyk_is_read(rgb: Rgb) -> None:
    photo = decode_photo(encoding.cmyk_jpeg(rgb), min_scale=0.5)
    assert photo.rgb.shape == (80, 100, 3)
    assert (photo.width, photo.height) == (200, 160)


def test_16_bit_samples_keep_their_brightness(rgb: Rgb) -> None:
    grey = np.asarray(Image.fromarray(rgb).convert("L"))[..., None].repeat(3, 2)
    assert difference(decode_photo(encoding.deep_rgb_png(rgb)).rgb, rgb) == 0
    assert difference(decode_photo(encoding.deep_grey_png(rgb)).rgb, grey) < 2
    tiff = encoding.saved(Image.fromarray(grey[..., 0].astype(np.uint16) * 257), "TIFF")
    assert difference(decode_photo(tiff).rgb, grey) < 2


@pytest.mark.parametrize("bits", [10, 12, 14])
def test_a_picture_of_fewer_bits_than_its_file_has_a_note(rgb: Rgb, bits: int) -> None:
    grey = np.asarray(Image.fromarray(rgb).convert("L")).astype(np.uint16)
    few = grey << (bits - 8)
    for photo in (
        decode_photo(encoding.saved(Image.fromarray(few), "PNG")),
        decode_photo(encoding.saved(Image.fromarray(few), "TIFF")),
        decode_photo(encoding.deep_rgb_png(rgb >> (16 - bits))),
    ):
        assert photo.notes == (PhotoNote.DARK,)
        # Not brightened: the file does not tell how.
        assert photo.rgb.max() == few.max() >> 8
    assert decode_photo(encoding.deep_grey_png(rgb)).notes == ()


def test_a_dim_photo_with_a_few_lights_has_no_note() -> None:
    dim = np.full((100, 100, 3), 20, np.uint8)
    assert decode_photo(encoding.saved(Image.fromarray(dim), "PNG")).notes == (PhotoNote.DARK,)
    dim[40:44, 40:44] = 200
    assert decode_photo(encoding.saved(Image.fromarray(dim), "PNG")).notes == ()


@pytest.mark.parametrize("factor", [1 / 255, 1.0, 1000.0])
def test_float_tiff_of_any_range(rgb: Rgb, factor: float) -> None:
    grey = np.asarray(Image.fromarray(rgb).convert("L"))
    samples = grey.astype(np.float32) * np.float32(factor)
    samples[0, 0] = np.nan
    photo = decode_photo(encoding.saved(Image.fromarray(samples), "TIFF"))
    assert difference(photo.rgb[1:], grey[1:, :, None].repeat(3, 2)) < 3


def test_one_bit_is_black_and_white() -> None:
    photo = decode_photo(encoding.saved(Image.fromarray(np.eye(16) > 0), "PNG"))
    assert (photo.rgb[..., 0] == np.eye(16) * 255).all()


def test_transparency_is_shown_on_white() -> None:
    clear = Image.new("RGBA", (8, 8), (200, 0, 0, 0))
    clear.paste((0, 0, 200, 255), (0, 0, 4, 8))
    clear.paste((0, 0, 0, 128), (4, 0, 8, 4))
    rgb = decode_photo(encoding.saved(clear, "PNG")).rgb
    assert rgb[0, 0].tolist() == [0, 0, 200]
    assert rgb[7, 7].tolist() == [255, 255, 255]
    assert rgb[0, 7].tolist() == [127, 127, 127]


def test_palette_with_transparency_is_shown_on_white(rgb: Rgb) -> None:
    photo = decode_photo(encoding.palette_png(rgb))
    assert photo.rgb[0, 0].tolist() == [255, 255, 255]
    assert difference(photo.rgb[40:120, 50:150], rgb[40:120, 50:150]) < 8


def test_grey_with_alpha_is_shown_on_white() -> None:
    photo = decode_photo(encoding.saved(Image.new("LA", (4, 4), (90, 0)), "PNG"))
    assert photo.rgb[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize("file_format", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_first_frame_is_read_and_all_are_counted(rgb: Rgb, file_format: str) -> None:
    photo = decode_photo(encoding.animated(rgb, file_format, frames=4))
    assert photo.frames == 4
    assert difference(photo.rgb, rgb) < 6


def test_global_state_of_pillow_is_unchanged(rgb: Rgb) -> None:
    before = Image.MAX_IMAGE_PIXELS
    decode_photo(encoding.heic(rgb))
    assert before == Image.MAX_IMAGE_PIXELS
    assert "HEIF" not in Image.OPEN


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_view_equals_turned_pixels(orientation: int) -> None:
    rgb = np.random.default_rng(orientation).integers(0, 256, (5, 7, 3), np.uint8)
    view = upright_view(rgb, orientation)
    assert np.array_equal(view, turn_upright(rgb, orientation))
    assert np.shares_memory(view, rgb)
    smaller = resize_view(view, (view.shape[1] - 2, view.shape[0] - 1), cv2.INTER_LINEAR)
    expected = cv2.resize(np.ascontiguousarray(view), smaller.shape[1::-1], interpolation=cv2.INTER_LINEAR)
    assert np.abs(smaller.astype(int) - expected).max() <= 1


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_large_photo_is_decoded_to_the_pixels_of_pillow(orientation: int) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (40, 60, 3), np.uint8)
    picture = Image.fromarray(noise).resize((2400, 1800), Image.Resampling.BICUBIC)
    exif, file = Image.Exif(), BytesIO()
    exif[0x0112] = orientation
    picture.save(file, "JPEG", exif=exif)
    found = decode_photo(file.getvalue())
    expected = ImageOps.exif_transpose(Image.open(file))
    assert (found.width, found.height) == expected.size
    assert np.array_equal(found.rgb, np.asarray(expected))
