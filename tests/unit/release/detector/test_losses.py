"""Cells near a face answer for it on the grid of its size, and the loss falls as boxes get better."""

from typing import Any

import numpy as np
import pytest

from tests.training import Late, need_training

need_training()
assignment = Late("core.training.detector.assignment")
losses = Late("core.release.detector.losses")
shared = Late("core.training.detector.losses")

SIDE = 128
CELLS = 16 * 16 + 8 * 8 + 4 * 4


def cells() -> Any:
    return losses.make_cells(SIDE, SIDE)


def even_boxes(size: float) -> np.ndarray:
    middles = cells().points.numpy()
    return np.concatenate([middles - size / 2, middles + size / 2], axis=1)[None].astype(np.float32)


def assign(faces: list[list[float]], size: float, scores: np.ndarray | None = None) -> Any:
    scores = np.zeros((1, CELLS), np.float32) if scores is None else scores
    return assignment.assign(cells(), scores, even_boxes(size), np.array([faces], np.float32))


def test_there_is_a_cell_for_every_8_16_and_32_pixels() -> None:
    strides = cells().strides.numpy()
    assert [int((strides == stride).sum()) for stride in (8, 16, 32)] == [256, 64, 16]
    assert cells().points.numpy()[256].tolist() == [8, 8]


@pytest.mark.parametrize(("size", "allowed"), [(6.0, {8}), (30.0, {8, 16}), (100.0, {16, 32})])
def test_a_faces_size_chooses_its_grids(size: float, allowed: set[int]) -> None:
    found = assign([[64 - size / 2, 64 - size / 2, 64 + size / 2, 64 + size / 2]], size)
    strides = cells().strides.numpy()[found.positive.numpy()[0]]
    assert len(strides) and set(strides.astype(int)) <= allowed


def test_cells_near_the_middle_answer_and_no_others() -> None:
    found = assign([[40, 40, 60, 60], [0, 0, 0, 0]], 20)
    chosen = found.positive.numpy()[0]
    assert 1 <= chosen.sum() <= 10
    apart = np.abs(cells().points.numpy()[chosen] - 50).max(axis=1)
    assert (apart < 1.5 * cells().strides.numpy()[chosen]).all()
    assert found.face.numpy()[0][chosen].tolist() == [0] * int(chosen.sum())


def test_no_face_no_cells() -> None:
    assert not assign([[0, 0, 0, 0]], 20).positive.numpy().any()


def test_better_boxes_make_more_cells_answer() -> None:
    face = [[44.0, 44.0, 84.0, 84.0]]
    scores = np.random.default_rng(1).normal(0, 0.1, (1, CELLS)).astype(np.float32)
    poor, good = (assign(face, size, scores).positive.numpy().sum() for size in (8, 40))
    assert poor == 1 < good


def test_a_cell_between_two_faces_answers_for_one() -> None:
    found = assign([[50, 50, 70, 70], [52, 52, 72, 72]], 20)
    chosen = found.positive.numpy()[0]
    assert set(found.face.numpy()[0][chosen]) == {0, 1}


def targets(faces: list[list[float]], ignored: list[list[float]]) -> Any:
    return losses.Targets(
        faces=np.array([faces], np.float32),
        labels=np.array([[[0, 1, 0]] * len(faces)], np.float32),
        ignored=np.array([ignored], np.float32),
    )


def outputs(score: float) -> list[np.ndarray]:
    """A network that scores every cell alike, with boxes of three cells."""
    return [
        np.full((1, SIDE // stride, SIDE // stride, channels), value, np.float32)
        for stride in (8, 16, 32)
        for channels, value in ((1, score), (4, 0.0), (3, 0.0))
    ]


def test_a_scoring_background_costs_unless_it_is_ignored() -> None:
    face = [[50.0, 50.0, 74.0, 74.0]]
    quiet = losses.detector_loss(outputs(-5), targets(face, [[0, 0, 0, 0]]), cells())
    loud = losses.detector_loss(outputs(2), targets(face, [[0, 0, 0, 0]]), cells())
    ignored = losses.detector_loss(outputs(2), targets(face, [[0, 0, SIDE, SIDE]]), cells())
    assert float(loud["score"]) > 10 * float(quiet["score"])
    assert float(ignored["score"]) < 0.1 * float(loud["score"])


def test_a_picture_without_faces_has_a_loss() -> None:
    parts = losses.detector_loss(outputs(-2), targets([[0, 0, 0, 0]], [[0, 0, 0, 0]]), cells())
    assert all(np.isfinite(float(part)) for part in parts.values())
    assert float(parts["box"]) == 0 and float(parts["score"]) > 0


def test_an_unknown_label_costs_nothing() -> None:
    known = targets([[50.0, 50.0, 74.0, 74.0]], [[0, 0, 0, 0]])
    unknown = losses.Targets(faces=known.faces, labels=np.zeros_like(known.labels), ignored=known.ignored)
    assert float(losses.detector_loss(outputs(0), known, cells())["label"]) == pytest.approx(
        np.log(3), abs=1e-3
    )
    assert float(losses.detector_loss(outputs(0), unknown, cells())["label"]) == 0


def test_the_box_loss_is_0_for_the_same_box_and_grows_with_distance() -> None:
    face = np.array([10, 10, 30, 40], np.float32)
    moved = [float(shared.complete_overlap_loss(face + shift, face)) for shift in (0, 5, 15, 60)]
    assert moved[0] == pytest.approx(0, abs=1e-4)
    assert moved == sorted(moved) and moved[3] > 1, "apart, the loss still shows the way"
