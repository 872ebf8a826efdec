"""A labelled set on disk: class folders, photos with Pascal VOC files, photos without a face."""

import zipfile
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
CLASSES = ("with_mask_n95", "without_mask", "incorrect")


def make_set(folder: Path, *, each: int, boxed: int, seed: int = 3) -> Path:
    """`each` photos a class, `boxed` photos of one face and one box where no face is, and two negatives."""
    portrait = Image.open(ROOT / "core" / "samples" / "astronaut.jpg").convert("RGB").resize((180, 180))
    rng = np.random.default_rng(seed)
    for place, name in enumerate(CLASSES):
        for number in range(each):
            _scene(portrait, rng, 20).save(_under(folder / "crops" / name / f"{place}-{number}.jpg"))
    for number in range(boxed):
        _scene(portrait, rng, 20).save(_under(folder / "photos" / "images" / f"{number}.jpg"))
        face = _object("with_mask", 86, 42, 142, 92)
        drawn = _object("mask_weared_incorrect", 300, 200, 340, 250)
        text = f"<annotation>{face}{drawn}</annotation>"
        _under(folder / "photos" / "annotations" / f"{number}.xml").write_text(text)
    for number in range(2):
        Image.fromarray(rng.integers(0, 255, (60, 80, 3), dtype=np.uint8)).save(
            _under(folder / "negatives" / f"{number}.jpg")
        )
    return folder


def pack(folder: Path, archive: Path) -> Path:
    """The set as a zip."""
    with zipfile.ZipFile(archive, "w") as file:
        for path in sorted(folder.rglob("*.*")):
            file.write(path, path.relative_to(folder))
    return archive


def _scene(portrait: Image.Image, rng: np.random.Generator, at: int) -> Image.Image:
    """The portrait in a light of its own, on a ground of its own, so that no two photos are alike."""
    scene = _coarse(rng, (400, 300))
    light = _coarse(rng, portrait.size)
    face = portrait.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else portrait
    face = face.rotate(rng.uniform(-15, 15), Image.Resampling.BICUBIC)
    scene.paste(Image.blend(face, light, 0.4), (at, at))
    return scene


def _coarse(rng: np.random.Generator, size: tuple[int, int]) -> Image.Image:
    noise = rng.integers(0, 255, (5, 6, 3), dtype=np.uint8)
    return Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)


def _object(name: str, x1: int, y1: int, x2: int, y2: int) -> str:
    box = f"<xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}</ymax>"
    return f"<object><name>{name}</name><bndbox>{box}</bndbox></object>"


def _under(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
