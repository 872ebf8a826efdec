"""A portrait and typical copies of it."""

from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

_SAMPLE = Path(__file__).resolve().parents[3] / "core" / "samples" / "astronaut.jpg"


def portrait() -> Image.Image:
    """A portrait of about 512 pixels a side."""
    with Image.open(_SAMPLE) as image:
        return image.convert("RGB")


def cropped(image: Image.Image, share: float) -> Image.Image:
    """Crop this share of width and height, at the right and at the bottom."""
    return image.crop((0, 0, round(image.width * (1 - share)), round(image.height * (1 - share))))


def letterboxed(image: Image.Image) -> Image.Image:
    """Add black bars above and below."""
    sheet = Image.new("RGB", (image.width, round(image.height * 1.3)))
    sheet.paste(image, (0, (sheet.height - image.height) // 2))
    return sheet


def mirrored(image: Image.Image) -> Image.Image:
    """Mirror horizontally."""
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def marked(image: Image.Image) -> Image.Image:
    """Draw solid letters across the lower part."""
    copy = image.copy()
    height = round(image.height * 0.06)
    for left in range(0, image.width, 2 * height):
        top = round(image.height * 0.89)
        ImageDraw.Draw(copy).rectangle((left, top, left + height, top + height), fill="white")
    return copy


def other_person(image: Image.Image, share: float = 0.7) -> Image.Image:
    """Replace this share of width and height in the middle by something else."""
    rng = np.random.default_rng(3)
    noise = Image.fromarray(rng.integers(0, 255, (24, 24, 3), np.uint8))
    copy = image.copy()
    width, height = round(image.width * share), round(image.height * share)
    inset = noise.resize((width, height), Image.Resampling.BICUBIC)
    copy.paste(inset, ((image.width - width) // 2, (image.height - height) // 2))
    return copy


def unrelated(seed: int) -> Image.Image:
    """Coloured clouds."""
    small = np.random.default_rng(seed).integers(0, 255, (9, 12, 3), np.uint8)
    return Image.fromarray(small).resize((480, 360), Image.Resampling.BICUBIC)


def jpeg(image: Image.Image, quality: int = 80) -> bytes:
    """A file."""
    out = BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()
