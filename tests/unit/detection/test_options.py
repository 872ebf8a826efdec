"""Options refuse invalid values and give the smallest decode scale."""

import pytest

from core.detection.options import DetectionOptions
from core.errors import InputError


@pytest.mark.parametrize("value", [0, 7.9, 513, float("nan")])
def test_smallest_face_is_bounded(value: float) -> None:
    with pytest.raises(InputError) as caught:
        DetectionOptions(smallest_face=value)
    assert caught.value.code == "bad_smallest_face"


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_score_threshold_is_bounded(value: float) -> None:
    with pytest.raises(InputError) as caught:
        DetectionOptions(score_threshold=value)
    assert caught.value.code == "bad_score_threshold"


def test_small_faces_need_all_pixels_large_ones_do_not() -> None:
    assert DetectionOptions(smallest_face=16).min_decode_scale == 1
    assert DetectionOptions(smallest_face=80).min_decode_scale == 0.5


def test_key_names_every_option() -> None:
    keys = {
        DetectionOptions().key,
        DetectionOptions(smallest_face=20).key,
        DetectionOptions(score_threshold=0.4).key,
    }
    assert len(keys) == 3
