"""Features are cached by face and returned in the order of the requested keys."""

from pathlib import Path

import numpy as np
import pytest

from core.detection.face import Box
from core.training.features import FEATURES, FeatureCache, face_key

BOX = Box(x1=1, y1=2, x2=30, y2=40)


def test_a_key_is_the_photo_and_the_box() -> None:
    key = face_key("a" * 64, BOX)
    assert len(key) == 16
    assert key == face_key("a" * 64, Box(x1=1.01, y1=2, x2=30, y2=40))
    assert key != face_key("a" * 64, Box(x1=1.2, y1=2, x2=30, y2=40))
    assert key != face_key("b" * 64, BOX)


def test_rows_come_back_as_they_were_put(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "deep" / "f.sqlite")
    keys = [bytes([number]) * 16 for number in range(1, 4)]
    rows = np.random.default_rng(1).normal(size=(3, FEATURES)).astype(np.float16)
    cache.put(keys[:2], rows[:2])
    assert cache.known(keys) == set(keys[:2])
    # What is there stays: a second training that computed it too changes nothing.
    cache.put(keys, np.stack([rows[2], rows[2], rows[2]]))
    again = FeatureCache(tmp_path / "deep" / "f.sqlite")
    assert np.array_equal(again.get([keys[2], keys[0], keys[1]]), rows[[2, 0, 1]].astype(np.float32))
    with pytest.raises(KeyError):
        again.get([b"x" * 16])


def test_many_keys_at_once(tmp_path: Path) -> None:
    cache = FeatureCache(tmp_path / "f.sqlite")
    keys = [number.to_bytes(16, "big") for number in range(1200)]
    cache.put(keys, np.tile(np.arange(1200, dtype=np.float16)[:, None], FEATURES))
    assert cache.get(keys[::-1])[:, 0].tolist() == list(range(1199, -1, -1))
