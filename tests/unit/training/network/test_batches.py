"""Batches have the right shares and are reproducible; augmentation keeps the face in view."""

from pathlib import Path

import numpy as np
import pytest

from core.training.network.augmentation import _half_hidden, _in_the_dark, augment, centre_window
from core.training.network.batches import (
    LABEL_SHARES,
    MAX_RATIO,
    TrainingBatches,
    balanced_sampling,
    label_weights,
    sampling_weights,
)
from core.training.network.canvas import CANVAS_SIDE, Canvas, CanvasStore, open_canvases, write_canvases
from models.label import Label


@pytest.fixture
def store(tmp_path: Path) -> CanvasStore:
    """A hundred canvases of four labels, every fifth of them kept for testing."""
    rng = np.random.default_rng(2)
    write_canvases(
        (
            Canvas(
                pixels=np.full((CANVAS_SIDE, CANVAS_SIDE, 3), rng.integers(255), np.uint8),
                label=list(Label)[index % 4],
                split="test" if index % 5 == 0 else "train",
                source="photos" if index % 3 else "crops/web/with_mask",
                face_size=40.0,
                picture=index,
            )
            for index in range(100)
        ),
        tmp_path,
    )
    return open_canvases(tmp_path)


def test_what_is_written_is_read(store: CanvasStore) -> None:
    assert store.pixels.shape == (100, CANVAS_SIDE, CANVAS_SIDE, 3)
    assert store.pictures.tolist() == list(range(100))
    assert [list(Label)[label] for label in store.labels[:4]] == list(Label)


def test_labels_are_drawn_by_their_shares_and_never_from_test(store: CanvasStore) -> None:
    weights = sampling_weights(store)
    assert weights[store.splits != "train"].sum() == 0
    for index, label in enumerate(Label):
        assert weights[store.labels == index].sum() == pytest.approx(LABEL_SHARES[label])


def test_a_batch_repeats_and_epochs_differ(store: CanvasStore) -> None:
    batches = TrainingBatches(store, side=48, batch=8, seed=1)
    crops, labels = batches.batch(0, 1)
    assert crops.shape == (8, 48, 48, 3) and labels.sum(axis=1).tolist() == [1] * 8
    assert (TrainingBatches(store, side=48, batch=8, seed=1).batch(0, 1)[0] == crops).all()
    for epoch, index in ((1, 1), (0, 2)):
        assert not (batches.batch(epoch, index)[0] == crops).all()


@pytest.mark.parametrize("steps", [1, 4, 9])
def test_an_epoch_gives_each_of_its_batches_in_order(store: CanvasStore, steps: int) -> None:
    batches = TrainingBatches(store, side=24, batch=2, seed=1)
    given = list(batches.epoch(3, steps))
    assert len(given) == steps
    for index, (crops, _) in enumerate(given):
        assert (crops == batches.batch(3, index)[0]).all()


def test_the_plain_window_is_the_middle_three_quarters() -> None:
    canvas = np.zeros((CANVAS_SIDE, CANVAS_SIDE, 3), np.uint8)
    canvas[22:154, 22:154] = 255
    window = centre_window(canvas, 112)
    assert window[1:-1, 1:-1].min() > 250
    canvas[60:116, 60:88] = 0
    assert centre_window(canvas, 112)[40:70, 35:54].max() == 0


def test_augmented_crops_are_bytes_of_the_right_shape_and_still_show_the_face() -> None:
    canvas = np.full((CANVAS_SIDE, CANVAS_SIDE, 3), 30, np.uint8)
    canvas[44:132, 44:132] = 220
    rng = np.random.default_rng(4)
    for _ in range(60):
        crop = augment(canvas, 112, rng)
        assert crop.shape == (112, 112, 3) and crop.dtype == np.uint8
        middle, corner = crop[46:66, 46:66].mean(), crop[:6, :6].mean()
        assert middle > corner + 20


def test_something_before_a_face_leaves_more_than_half_of_it() -> None:
    """One side changes, the middle and the other side do not."""
    window = np.random.default_rng(3).integers(0, 256, (112, 112, 3), np.uint8)
    rng = np.random.default_rng(8)
    sides = set()
    for _ in range(20):
        changed = (_half_hidden(window, rng) != window).any(axis=2)
        left, right = changed[:, :4].mean(), changed[:, -4:].mean()
        assert max(left, right) > 0.5 and min(left, right) == 0
        assert changed.mean() < 0.6
        sides.add(left > right)
    assert sides == {True, False}


def test_in_the_dark_hardly_a_pixel_is_bright() -> None:
    window = np.full((112, 112, 3), 200, np.uint8)
    rng = np.random.default_rng(5)
    assert all(10 < _in_the_dark(window, rng).mean() < 125 for _ in range(20))


def test_rare_labels_weigh_more_but_not_without_limit() -> None:
    labels = np.array([0] * 100 + [1] * 25 + [2] * 1)
    weights = label_weights(labels)
    assert weights[3] == 0
    assert weights[1] / weights[0] == pytest.approx(2)
    assert weights[2] / weights[0] == pytest.approx(MAX_RATIO)
    assert weights[labels].mean() == pytest.approx(1)


def test_drawn_masks_are_picked_less_often() -> None:
    labels, drawn = np.array([0, 0, 2, 2]), np.array([False, False, False, True])
    weights = balanced_sampling(labels, drawn)
    assert weights.sum() == pytest.approx(1)
    assert weights[3] == pytest.approx(weights[2] / 2)
