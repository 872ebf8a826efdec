"""A film for the browser's fake camera: two people from the samples, one masked and one not, who sway."""

from io import BytesIO
from pathlib import Path

from PIL import Image

from core.samples.making import all_samples

#: Frames of one round; the last leads on to the first, so that nobody seems to leave when it begins anew.
_FRAMES = 60
_MASKED, _BARE = "worn/surgical_1.jpg", "bare/bare_1.jpg"


def write_film(path: Path) -> None:
    """Write the film as motion JPEG, 640 x 480, masked on the left and bare on the right."""
    masked, bare = (_person(name) for name in (_MASKED, _BARE))
    with path.open("wb") as film:
        for number in range(_FRAMES):
            sway = min(number, _FRAMES - number)
            frame = Image.new("RGB", (640, 480), (90, 110, 120))
            frame.paste(masked, (10 + sway, 60))
            frame.paste(bare, (340 - sway // 2, 60))
            frame.save(film, "JPEG", quality=90)


def _person(name: str) -> Image.Image:
    data = next(sample.data for sample in all_samples() if sample.name == name)
    person = Image.open(BytesIO(data)).convert("RGB")
    person.thumbnail((290, 400))
    return person
