"""Real photos decode as in Pillow, and truncated ones are errors."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from core.detection.decode import decode_photo
from core.errors import InputError


def some(real_data: Path, every: int) -> list[Path]:
    return sorted((real_data / "photos" / "images").iterdir())[::every]


def test_real_photos_decode_as_in_pillow(real_data: Path) -> None:
    for path in some(real_data, 20):
        photo = decode_photo(path.read_bytes())
        with Image.open(path) as image:
            shown = np.asarray(image.convert("RGB")).astype(int)
        assert np.abs(photo.rgb - shown).mean() < 1, path.name


def test_half_scale_is_half_the_size(real_data: Path) -> None:
    for path in some(real_data, 40):
        photo = decode_photo(path.read_bytes(), min_scale=0.5)
        assert photo.rgb.shape[:2] == (-(-photo.height // 2), -(-photo.width // 2))


@pytest.mark.parametrize("share", [0.4, 0.95])
def test_cut_real_photos_are_errors(real_data: Path, share: float) -> None:
    for path in some(real_data, 40):
        data = path.read_bytes()
        with pytest.raises(InputError) as caught:
            decode_photo(data[: int(len(data) * share)])
        assert caught.value.code == "photo_truncated", path.name
