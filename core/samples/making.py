"""Make the folder of sample photos, always with the same bytes, and the list of what each one shows."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.detection.face import Box
from core.samples import encoding
from core.samples.drawn_mask import MaskPosition, MaskStyle
from core.samples.portrait import whole_portrait
from core.samples.scene import Scene, group_scene, landscape, portrait_scene, room, wall_of_portraits
from models.label import Label

EXPECTED_FILE = "expected.json"
_WEB_PAGE = b"<!DOCTYPE html><html><head><title>Not found</title></head><body>404</body></html>\n"
#: Rows, columns and face width in pixels of the group photos.
_GROUPS = ((1, 2, 200), (1, 3, 160), (2, 3, 120), (2, 5, 90), (3, 7, 60))
Faces = tuple[tuple[Box, Label], ...]


@dataclass(frozen=True, kw_only=True)
class Sample:
    """One sample file, with the expected faces or the expected error code."""

    name: str
    data: bytes
    faces: Faces = ()
    error: str | None = None


def make_samples(folder: Path) -> int:
    """Write all sample photos and `expected.json` to `folder`; returns the number of photos.

    Files of an earlier run are overwritten with the same bytes.
    """
    expected = {}
    for sample in all_samples():
        path = folder / sample.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sample.data)
        expected[sample.name] = _expectation(sample)
    text = json.dumps(expected, indent=1, ensure_ascii=False)
    (folder / EXPECTED_FILE).write_text(text, encoding="utf-8")
    return len(expected)


def _expectation(sample: Sample) -> dict[str, object]:
    faces = [
        {"label": label.value, "box": [round(side) for side in (box.x1, box.y1, box.x2, box.y2)]}
        for box, label in sample.faces
    ]
    return {"faces": faces, "error": sample.error}


def all_samples() -> Iterator[Sample]:
    """Yield every sample; each group has its own seed, so that an added photo does not change the others."""
    yield from _single(np.random.default_rng(1))
    yield from _turned(np.random.default_rng(2))
    yield from _groups(np.random.default_rng(3))
    yield from _sizes(np.random.default_rng(4))
    yield from _formats(np.random.default_rng(5))
    yield from _without_faces(np.random.default_rng(6))
    good = encoding.jpeg(portrait_scene(np.random.default_rng(7), None).rgb)
    for name, data, error in _broken_files(good):
        yield Sample(name=f"broken/{name}", data=data, error=error)


def _single(rng: np.random.Generator) -> Iterator[Sample]:
    whole = whole_portrait()
    yield Sample(name="portrait.jpg", data=encoding.jpeg(whole.rgb, 92), faces=((whole.box, whole.label),))
    for number in range(1, 6):
        yield _photo(f"bare/bare_{number}.jpg", portrait_scene(rng, None))
    for position, times in ((MaskPosition.WORN, 3), (MaskPosition.UNDER_NOSE, 2), (MaskPosition.CHIN, 2)):
        for style in MaskStyle:
            for number in range(1, times + 1):
                scene = portrait_scene(rng, position, style, scale=float(rng.uniform(0.8, 1.6)))
                yield _photo(f"{position.value}/{style.value}_{number}.jpg", scene)


def _photo(name: str, scene: Scene) -> Sample:
    return Sample(name=name, data=encoding.jpeg(scene.rgb), faces=scene.faces)


def _turned(rng: np.random.Generator) -> Iterator[Sample]:
    scene = portrait_scene(rng, MaskPosition.WORN, MaskStyle.SURGICAL)
    for orientation in range(1, 9):
        data = encoding.turned_jpeg(scene.rgb, orientation)
        yield Sample(name=f"turned/exif_{orientation}.jpg", data=data, faces=scene.faces)


def _groups(rng: np.random.Generator) -> Iterator[Sample]:
    for number, (rows, columns, width) in enumerate(_GROUPS):
        scene = group_scene(rng, width=1280, height=853, rows=rows, columns=columns, face_width=width)
        yield _photo(f"groups/group_{number + 1}.jpg", scene)
    positions = [None, *MaskPosition, MaskPosition.WORN, None]
    tiles = [portrait_scene(rng, position, scale=1.0) for position in positions]
    yield _photo("groups/video_call.jpg", wall_of_portraits(tiles, 3))


def _sizes(rng: np.random.Generator) -> Iterator[Sample]:
    crowd = group_scene(rng, width=6000, height=4000, rows=3, columns=30, face_width=40)
    yield _photo("sizes/crowd_6000.jpg", crowd)
    large = portrait_scene(rng, MaskPosition.WORN, MaskStyle.FFP2, scale=6.0)
    yield _photo("sizes/portrait_2580.jpg", large)
    for width in (300, 200, 120):
        scene = portrait_scene(rng, MaskPosition.WORN, MaskStyle.SURGICAL, scale=width / 430)
        yield _photo(f"sizes/thumbnail_{width}.jpg", scene)
    small = group_scene(rng, width=640, height=427, rows=2, columns=9, face_width=18)
    yield _photo("sizes/small_faces_640.jpg", small)


def _formats(rng: np.random.Generator) -> Iterator[Sample]:
    def scene() -> Scene:
        return portrait_scene(rng, MaskPosition.WORN, scale=1.0)

    def sample(name: str, data: bytes) -> Sample:
        return Sample(name=f"formats/{name}", data=data, faces=shown.faces)

    shown = scene()
    image = Image.fromarray(shown.rgb)
    yield sample("photo.png", encoding.saved(image, "PNG"))
    yield sample("photo.webp", encoding.saved(image, "WEBP", quality=85))
    yield sample("photo.bmp", encoding.saved(image, "BMP"))
    yield sample("photo.tiff", encoding.saved(image, "TIFF", compression="tiff_lzw"))
    yield sample("photo.jp2", encoding.saved(image, "JPEG2000", quality_mode="rates", quality_layers=[12]))
    yield sample("grey.jpg", encoding.saved(image.convert("L"), "JPEG", quality=90))
    shown = scene()
    image = Image.fromarray(shown.rgb)
    yield sample("phone.heic", encoding.heic(shown.rgb))
    yield sample("photo.avif", encoding.saved(image, "AVIF", quality=70))
    yield sample("progressive.jpg", encoding.jpeg(shown.rgb, progressive=True))
    yield sample("for_print_cmyk.jpg", encoding.cmyk_jpeg(shown.rgb))
    shown = scene()
    yield sample("grey_16_bit.png", encoding.deep_grey_png(shown.rgb))
    yield sample("colour_16_bit.png", encoding.deep_rgb_png(shown.rgb))
    yield sample("palette_transparent.png", encoding.palette_png(shown.rgb))
    yield sample("animated.gif", encoding.animated(shown.rgb, "GIF"))
    yield sample("animated.webp", encoding.animated(shown.rgb, "WEBP"))
    yield sample("pages.tiff", encoding.animated(shown.rgb, "TIFF"))
    yield sample("口罩 маска café.jpg", encoding.jpeg(shown.rgb))


def _without_faces(rng: np.random.Generator) -> Iterator[Sample]:
    for number in range(1, 3):
        yield Sample(name=f"no_face/room_{number}.jpg", data=encoding.jpeg(room(900, 600, rng)))
        yield Sample(name=f"no_face/landscape_{number}.jpg", data=encoding.jpeg(landscape(900, 600, rng)))
    white = np.full((300, 400, 3), 255, np.uint8)
    yield Sample(name="no_face/white.png", data=encoding.saved(Image.fromarray(white), "PNG"))


def _broken_files(good: bytes) -> Iterator[tuple[str, bytes, str]]:
    """Yield (name, bytes, error code) of files that are not valid photos; `good` is a valid JPEG."""
    yield "truncated.jpg", good[: len(good) // 2], "photo_truncated"
    yield "header_only.jpg", good[:200], "photo_truncated"
    yield "empty.jpg", b"", "empty_file"
    yield "text.jpg", b"This is a note that somebody named .jpg by mistake.\n", "not_an_image"
    yield "web_page.jpg", _WEB_PAGE, "not_an_image"
    yield "pixel_bomb.png", encoding.bomb_png(), "photo_too_large_pixels"
    yield "document.png", b"%PDF-1.7\n" + bytes(200), "format_not_supported"
    yield "scrambled.webp", b"RIFF\x10\x01\0\0WEBPVP8 " + bytes(range(256)) + bytes(8), "photo_damaged"
