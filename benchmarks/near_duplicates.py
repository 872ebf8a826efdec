"""Make near-duplicates of real photos, as found on the web, and add different photos that look similar."""

import io
import random
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Change = Callable[[Image.Image], bytes]


def _jpeg(image: Image.Image, quality: int = 85) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _recompressed(image: Image.Image, quality: int) -> bytes:
    return _jpeg(image, quality)


def _resized(
    image: Image.Image, factor: float, filter_: Image.Resampling = Image.Resampling.BICUBIC
) -> bytes:
    width, height = (max(8, round(side * factor)) for side in image.size)
    return _jpeg(image.resize((width, height), filter_))


def _cropped(image: Image.Image, share: float, place: float = 0.5) -> bytes:
    width, height = (round(side * (1 - share)) for side in image.size)
    left, top = round((image.width - width) * place), round((image.height - height) * place)
    return _jpeg(image.crop((left, top, left + width, top + height)))


def _marked(image: Image.Image, share: float, place: float, strength: int) -> bytes:
    marked = image.copy()
    size = max(12, round(image.width * share))
    ImageDraw.Draw(marked, "RGBA").text(
        (image.width * 0.06, image.height * place - size / 2),
        "(c) photo agency",
        fill=(255, 255, 255, strength),
        font=ImageFont.load_default(size),
    )
    return _jpeg(marked)


def _grey(image: Image.Image) -> bytes:
    return _jpeg(image.convert("L").convert("RGB"))


def _mirrored(image: Image.Image) -> bytes:
    return _jpeg(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT))


def _turned(image: Image.Image, turn: Image.Transpose) -> bytes:
    return _jpeg(image.transpose(turn))


def _turned_smaller(image: Image.Image) -> bytes:
    return _resized(image.transpose(Image.Transpose.ROTATE_90), 0.5)


def _turned_cropped(image: Image.Image, share: float) -> bytes:
    return _cropped(image.transpose(Image.Transpose.ROTATE_90), share)


def _boxed(image: Image.Image, across: float, down: float) -> bytes:
    bars = round(image.width * across), round(image.height * down)
    sheet = Image.new("RGB", (image.width + 2 * bars[0], image.height + 2 * bars[1]))
    sheet.paste(image, bars)
    return _jpeg(sheet)


#: Changes of size and compression, which a duplicate search must find.
TWINS: dict[str, Change] = {
    "size x0.3": partial(_resized, factor=0.3),
    "size x0.3, nearest": partial(_resized, factor=0.3, filter_=Image.Resampling.NEAREST),
    "size x0.5": partial(_resized, factor=0.5),
    "size x0.7, bilinear": partial(_resized, factor=0.7, filter_=Image.Resampling.BILINEAR),
    "size x1.5": partial(_resized, factor=1.5),
    "size x2": partial(_resized, factor=2),
    "size x3": partial(_resized, factor=3),
    "quality 90": partial(_recompressed, quality=90),
    "quality 60": partial(_recompressed, quality=60),
    "quality 30": partial(_recompressed, quality=30),
    "quality 10": partial(_recompressed, quality=10),
}
#: Changes of the picture itself.
EDITS: dict[str, Change] = {
    "grey": _grey,
    "crop 2%": partial(_cropped, share=0.02),
    "crop 5%": partial(_cropped, share=0.05),
    "crop 5%, corner": partial(_cropped, share=0.05, place=0.0),
    "crop 10%": partial(_cropped, share=0.1),
    "crop 20%": partial(_cropped, share=0.2),
    "crop 30%, corner": partial(_cropped, share=0.3, place=0.0),
    "mirrored": _mirrored,
    "turned by 90": partial(_turned, turn=Image.Transpose.ROTATE_90),
    "turned by 180": partial(_turned, turn=Image.Transpose.ROTATE_180),
    "turned by 270": partial(_turned, turn=Image.Transpose.ROTATE_270),
    "turned by 90, mirrored": partial(_turned, turn=Image.Transpose.TRANSPOSE),
    "turned by 90, size x0.5": _turned_smaller,
    "turned by 90, crop 5%": partial(_turned_cropped, share=0.05),
    "turned by 90, crop 10%": partial(_turned_cropped, share=0.1),
    "mark, small": partial(_marked, share=0.07, place=0.9, strength=170),
    "mark, large": partial(_marked, share=0.11, place=0.45, strength=110),
    "mark, heavy": partial(_marked, share=0.14, place=0.5, strength=255),
    "letterbox 12%": partial(_boxed, across=0, down=0.12),
    "pillarbox 12%": partial(_boxed, across=0.12, down=0),
}
CHANGES = TWINS | EDITS

#: A file's name is `<origin>--<change>.jpg`; this is the change of an unchanged photo.
UNCHANGED = "original"
_ENDINGS = (".jpg", ".jpeg", ".png")


def make_folder(data: Path, folder: Path, *, photos: int, changed: int) -> None:
    """Fill a folder with `photos` files: `changed` photos with every change, and other photos.

    The others are the remaining photos, then portraits and clothes of the same layout each, then crops.
    """
    folder.mkdir(parents=True, exist_ok=True)
    originals = sorted((data / "photos" / "images").iterdir())
    chosen = random.Random(1).sample(originals, changed)
    others = [path for path in originals if path not in set(chosen)]
    for place in ("crops/portraits", "negatives", "crops/web"):
        others += sorted(path for path in (data / place).rglob("*") if path.suffix.lower() in _ENDINGS)
    others = others[: photos - changed * (1 + len(CHANGES))]
    with ProcessPoolExecutor(2) as pool:
        for _ in pool.map(partial(_write_all, folder), enumerate(chosen), chunksize=8):
            pass
        for _ in pool.map(partial(_write_one, folder), enumerate(others, changed), chunksize=64):
            pass


def origin_of(name: str) -> int:
    """Number of the photo from which a file was made."""
    return int(name.split("--")[0])


def change_of(name: str) -> str:
    """Name of the change."""
    return name.split("--")[1].rsplit(".", 1)[0]


def _write_all(folder: Path, numbered: tuple[int, Path]) -> None:
    _write_one(folder, numbered)
    number, path = numbered
    with Image.open(path) as opened:
        image = opened.convert("RGB")
    for name, change in CHANGES.items():
        (folder / f"{number:05}--{name}.jpg").write_bytes(change(image))


def _write_one(folder: Path, numbered: tuple[int, Path]) -> None:
    number, path = numbered
    (folder / f"{number:05}--{UNCHANGED}{path.suffix.lower()}").write_bytes(path.read_bytes())
