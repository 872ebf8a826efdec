"""Photos of a wanted size for the speed benchmark, made from given photos or from the samples."""

from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import count, islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from core.samples.making import all_samples

ENDINGS = (".jpg", ".jpeg", ".png", ".webp")
#: JPEG quality, between that of a phone and that of a photo on the web.
_QUALITY = 88
#: Width by height, as most cameras have it.
_ASPECT = 4 / 3


def make_photos(
    folder: Path, sources: Sequence[Path | bytes], *, megapixels: float, grid: int, photos: int
) -> Path:
    """Write JPEG files of that size, each with `grid` times `grid` sources side by side; no two are equal."""
    folder.mkdir(parents=True)
    taken = (sources[number % len(sources)] for number in count())
    width = round((megapixels * 1e6 * _ASPECT) ** 0.5)
    for number in range(photos):
        canvas = _canvas(list(islice(taken, grid * grid)), width, round(width / _ASPECT), grid)
        # A source may come up again: a line of its own makes another file of it.
        canvas.putpixel((number % width, 0), (number % 256, number // 256 % 256, 0))
        canvas.save(folder / f"{number:05}.jpg", quality=_QUALITY)
    return folder


def _canvas(sources: Sequence[Path | bytes], width: int, height: int, grid: int) -> Image.Image:
    canvas = Image.new("RGB", (width, height))
    for at, source in enumerate(sources):
        row, column = divmod(at, grid)
        left, right = (edge * width // grid for edge in (column, column + 1))
        top, bottom = (edge * height // grid for edge in (row, row + 1))
        canvas.paste(_filling(source, (right - left, bottom - top)), (left, top))
    return canvas


def _filling(source: Path | bytes, size: tuple[int, int]) -> Image.Image:
    """The source upright, cut to the shape of `size` from its upper part, where faces are, and resized."""
    with Image.open(BytesIO(source) if isinstance(source, bytes) else source) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return ImageOps.fit(upright, size, Image.Resampling.BICUBIC, centering=(0.5, 0.3))


def read_sources(folder: Path | None, limit: int) -> list[Path | bytes]:
    """Files of a folder, evenly spaced; without a folder, the sample photos that show faces."""
    if folder is None:
        return list(islice(_samples_with_faces(), limit))
    paths = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS)
    return [paths[at] for at in np.linspace(0, len(paths) - 1, min(limit, len(paths))).astype(int)]


def _samples_with_faces() -> Iterator[bytes]:
    for sample in all_samples():
        if sample.faces and not sample.error:
            yield sample.data
