"""Scarves and hands cover the mouth, not the eyes, and are equal for equal seeds."""

import numpy as np
import pytest

from core.samples.drawn_cover import Cover, draw_cover

#: A face seen from the front: right eye, left eye, nose tip, mouth corners.
LANDMARKS = np.array([[80, 80], [120, 80], [100, 102], [85, 124], [115, 124]], float)


def _drawn(cover: Cover, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    before = np.full((240, 200, 3), (190, 150, 130), np.uint8)
    return before, draw_cover(before, LANDMARKS, cover=cover, rng=np.random.default_rng(seed))


@pytest.mark.parametrize("cover", list(Cover))
@pytest.mark.parametrize("seed", range(6))
def test_the_mouth_is_covered_and_the_eyes_are_not(cover: Cover, seed: int) -> None:
    before, after = _drawn(cover, seed)
    changed = np.abs(after.astype(int) - before).sum(axis=2) > 6
    assert changed[122:126, 92:108].mean() > 0.6
    assert not changed[70:84, 70:130].any()
    assert (before == np.array((190, 150, 130))).all(), "the photo itself stays as it is"


def test_a_hand_has_the_colour_of_the_skin_and_a_scarf_need_not() -> None:
    _, hand = _drawn(Cover.HAND)
    colour = hand[118:130, 90:110].reshape(-1, 3).mean(0)
    ratio = colour / np.array((190, 150, 130))
    assert np.ptp(ratio) < 0.05 and 0.5 < ratio.mean() < 1.2


@pytest.mark.parametrize("cover", list(Cover))
def test_the_same_seed_draws_the_same_cover(cover: Cover) -> None:
    assert (_drawn(cover)[1] == _drawn(cover)[1]).all()
    assert (_drawn(cover)[1] != _drawn(cover, 2)[1]).any()


def test_landmarks_that_do_not_form_a_face_are_refused() -> None:
    with pytest.raises(ValueError, match="apart"):
        draw_cover(
            np.zeros((9, 9, 3), np.uint8), np.zeros((5, 2)), cover=Cover.SCARF, rng=np.random.default_rng(1)
        )


@pytest.mark.parametrize("cover", list(Cover))
def test_what_is_drawn_does_not_depend_on_how_large_the_picture_is(cover: Cover) -> None:
    """Only the part around the cover is computed, not the whole picture for each finger."""
    small = np.full((300, 300, 3), (190, 150, 130), np.uint8)
    large = np.full((700, 900, 3), (190, 150, 130), np.uint8)
    corner = np.array([400, 260])
    on_small = draw_cover(small, LANDMARKS + 60, cover=cover, rng=np.random.default_rng(3))
    on_large = draw_cover(large, LANDMARKS + 60 + corner, cover=cover, rng=np.random.default_rng(3))
    part = on_large[corner[1] : corner[1] + 300, corner[0] : corner[0] + 300]
    assert np.abs(part.astype(int) - on_small).max() <= 3
    assert (on_small != small).any()


@pytest.mark.parametrize("cover", list(Cover))
def test_a_cover_may_lie_outside_the_picture(cover: Cover) -> None:
    low = LANDMARKS - np.array([0, 118])
    for landmarks in (low, LANDMARKS - np.array([-400, 0]), LANDMARKS - np.array([400, 0])):
        drawn = draw_cover(
            np.full((60, 60, 3), 150, np.uint8), landmarks, cover=cover, rng=np.random.default_rng(1)
        )
        assert drawn.shape == (60, 60, 3)
