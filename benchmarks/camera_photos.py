"""Frames and photos of the camera benchmark, made from the samples."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from core.samples.making import Sample, all_samples

_FRAME = (640, 480)


def make_frames() -> list[bytes]:
    """JPEG frames of 640 x 480, each with one or two faces from the sample photos."""
    people = [Image.open(BytesIO(sample.data)).convert("RGB") for sample in _single_people()]
    return [_frame(one, other) for one, other in zip(people, [*people[1:], people[0]], strict=True)]


def make_photos(folder: Path, count: int, seed: int) -> Path:
    """Different photos with one face each; calls with different seeds share none."""
    folder.mkdir(parents=True)
    face = Image.open(BytesIO(next(_single_people()).data)).convert("RGB").resize((240, 240))
    for number in range(count):
        noise = np.random.default_rng([seed, number]).integers(0, 30, (400, 560, 3), dtype=np.uint8)
        photo = Image.fromarray(noise)
        photo.paste(face, (number % 300, number % 150))
        photo.save(folder / f"{number:05}.jpg", quality=88)
    return folder


def _single_people() -> Iterator[Sample]:
    for sample in all_samples():
        if sample.name.startswith(("worn/", "bare/")):
            yield sample


def _frame(one: Image.Image, other: Image.Image) -> bytes:
    frame = Image.new("RGB", _FRAME, (90, 110, 120))
    for person, left in ((one, 10), (other, 330)):
        small = person.copy()
        small.thumbnail((300, 420))
        frame.paste(small, (left, 40))
    jpeg = BytesIO()
    frame.save(jpeg, "JPEG", quality=80)
    return jpeg.getvalue()
