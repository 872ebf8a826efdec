"""Drawn masks cover their part of the face, nothing else, follow the head, and depend on the seed."""

import time

import numpy as np
import pytest
from numpy.typing import NDArray

from core.samples.drawn_mask import draw_mask
from core.samples.mask_shape import FaceFrame, MaskPosition, MaskStyle, outline
from core.samples.portrait import whole_portrait
from models.label import Label

PORTRAIT = whole_portrait()
EYES, MOUTH = PORTRAIT.landmarks[:2].mean(0), PORTRAIT.landmarks[3:].mean(0)
NOSE = PORTRAIT.landmarks[2]
EVERY_KIND = [(style, position) for style in MaskStyle for position in MaskPosition]


def changed(style: MaskStyle, position: MaskPosition, seed: int = 0) -> NDArray[np.bool_]:
    """Where the drawn mask clearly differs from the portrait, bool (h, w)."""
    rng = np.random.default_rng(seed)
    drawn = draw_mask(PORTRAIT.rgb, PORTRAIT.landmarks, style=style, position=position, rng=rng)
    return np.abs(drawn.astype(int) - PORTRAIT.rgb).max(2) > 16


def is_covered(mask: NDArray[np.bool_], point: NDArray[np.floating]) -> bool:
    x, y = point.round().astype(int)
    return bool(mask[y - 2 : y + 3, x - 2 : x + 3].mean() > 0.5)


@pytest.mark.parametrize(("style", "position"), EVERY_KIND)
def test_each_position_covers_its_part(style: MaskStyle, position: MaskPosition) -> None:
    for seed in range(5):
        mask = changed(style, position, seed)
        chin = MOUTH + 0.6 * (MOUTH - EYES)
        assert is_covered(mask, chin)
        assert is_covered(mask, NOSE) == (position is MaskPosition.WORN)
        assert is_covered(mask, MOUTH) == (position is not MaskPosition.CHIN)
        assert not is_covered(mask, PORTRAIT.landmarks[0])
        assert not is_covered(mask, PORTRAIT.landmarks[1])


@pytest.mark.parametrize(("style", "position"), EVERY_KIND)
def test_nothing_far_from_the_face_changes(style: MaskStyle, position: MaskPosition) -> None:
    mask = changed(style, position)
    mask[60:200, 150:300] = False
    assert not mask.any()


def test_the_photo_itself_is_left_alone() -> None:
    before = PORTRAIT.rgb.copy()
    changed(MaskStyle.SURGICAL, MaskPosition.WORN)
    assert (before == PORTRAIT.rgb).all()


def test_the_same_seed_draws_the_same_mask_and_another_another() -> None:
    def drawn(seed: int) -> NDArray[np.uint8]:
        return draw_mask(
            PORTRAIT.rgb,
            PORTRAIT.landmarks,
            style=MaskStyle.CLOTH_PATTERNED,
            position=MaskPosition.WORN,
            rng=np.random.default_rng(seed),
        )

    assert (drawn(1) == drawn(1)).all()
    assert (drawn(1) != drawn(2)).any()


def test_positions_have_labels() -> None:
    labels = [position.label for position in MaskPosition]
    assert labels == [Label.WITH_MASK, Label.INCORRECT, Label.INCORRECT]


def test_a_mask_takes_the_light_of_the_face() -> None:
    def brightness(light: float) -> float:
        rgb = (PORTRAIT.rgb * light).astype(np.uint8)
        rng = np.random.default_rng(3)
        style, position = MaskStyle.SURGICAL, MaskPosition.WORN
        drawn = draw_mask(rgb, PORTRAIT.landmarks, style=style, position=position, rng=rng)
        x, y = MOUTH.astype(int)
        return float(drawn[y - 8 : y + 8, x - 8 : x + 8].mean())

    assert brightness(0.3) < 0.75 * brightness(1.0)


def test_the_frame_knows_turn_and_roll() -> None:
    straight = FaceFrame.of(PORTRAIT.landmarks)
    assert abs(straight.turn) < 0.3
    turned = PORTRAIT.landmarks.copy()
    turned[2, 0] += 12
    assert FaceFrame.of(turned).turn > straight.turn + 0.3
    angle = np.deg2rad(90)
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], np.float32)
    rolled = FaceFrame.of(PORTRAIT.landmarks @ rotation.T)
    assert np.allclose(rolled.down, rotation @ straight.down, atol=1e-3)
    assert rolled.turn == pytest.approx(straight.turn, abs=1e-3)


def test_a_turned_head_shows_more_of_the_near_cheek() -> None:
    turned = PORTRAIT.landmarks.copy()
    turned[2, 0] += 14
    frame = FaceFrame.of(turned)
    edge = outline(frame, MaskStyle.SURGICAL, MaskPosition.WORN, np.random.default_rng(0))
    middle = frame.turn * 0.35
    assert middle - edge[:, 0].min() > 1.3 * (edge[:, 0].max() - middle)


@pytest.mark.parametrize("shift", [(-190, 0), (290, 0), (0, -130), (0, 350), (5000, 5000)])
def test_faces_at_and_beyond_the_edge(shift: tuple[int, int]) -> None:
    moved = PORTRAIT.landmarks + np.array(shift, np.float32)
    for style, position in EVERY_KIND:
        drawn = draw_mask(PORTRAIT.rgb, moved, style=style, position=position, rng=np.random.default_rng(0))
        assert drawn.shape == PORTRAIT.rgb.shape


@pytest.mark.parametrize("scale", [0.03, 0.1, 4.0])
def test_faces_of_any_size(scale: float) -> None:
    for style, position in EVERY_KIND:
        rng = np.random.default_rng(0)
        draw_mask(PORTRAIT.rgb, PORTRAIT.landmarks * scale, style=style, position=position, rng=rng)


def test_random_landmarks_never_break_it() -> None:
    rng = np.random.default_rng(0)
    for _ in range(300):
        style, position = EVERY_KIND[rng.integers(len(EVERY_KIND))]
        drawn = draw_mask(PORTRAIT.rgb, rng.uniform(0, 512, (5, 2)), style=style, position=position, rng=rng)
        assert drawn.dtype == np.uint8


@pytest.mark.parametrize("landmarks", [np.zeros((5, 2)), np.zeros((4, 2)), np.full((5, 2), 7.0)])
def test_invalid_landmarks_are_refused(landmarks: NDArray[np.floating]) -> None:
    with pytest.raises(ValueError, match=r"landmarks|apart"):
        draw_mask(
            PORTRAIT.rgb,
            landmarks,
            style=MaskStyle.FFP2,
            position=MaskPosition.WORN,
            rng=np.random.default_rng(0),
        )


def test_drawing_is_fast_enough_to_train_with() -> None:
    """A few milliseconds at 160 pixels; the limit is loose because the machine may be busy."""
    rgb = np.ascontiguousarray(PORTRAIT.rgb[40:200, 140:300])
    landmarks = PORTRAIT.landmarks - np.array([140, 40], np.float32)
    rng = np.random.default_rng(0)
    times = []
    for _ in range(30):
        started = time.perf_counter()
        draw_mask(rgb, landmarks, style=MaskStyle.SURGICAL, position=MaskPosition.WORN, rng=rng)
        times.append(time.perf_counter() - started)
    assert min(times) < 0.02
