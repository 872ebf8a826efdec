"""Mosaics show faces where their boxes say, and depend on seed and step alone."""

import numpy as np

from core.detection.grid import CHANNELS
from core.release.detector.mosaics import LEAST_FACE, Mosaics
from core.release.detector.scene_store import SceneStore
from tests.unit.release.detector.conftest import COLOURS


def mosaics(scenes: SceneStore, seed: int = 1) -> Mosaics:
    return Mosaics(scenes, side=128, batch=2, seed=seed)


def test_boxes_are_where_the_discs_are(scenes: SceneStore) -> None:
    maker, rng, seen = mosaics(scenes), np.random.default_rng(3), 0
    for _ in range(40):
        rgb, faces = maker.mosaic(rng)
        for box, label in zip(faces.boxes, faces.labels, strict=True):
            x1, y1, x2, y2 = np.clip(box, 0, 127)
            middle = rgb[round((y1 + y2) / 2), round((x1 + x2) / 2)].astype(int)
            # A cut disc's middle may be at its edge, but half of it is visible.
            assert np.abs(middle - COLOURS[int(label.argmax())]).max() < 60
            seen += 1
    assert seen > 100


def test_every_face_of_a_mosaic_is_large_enough_and_inside(scenes: SceneStore) -> None:
    maker, rng = mosaics(scenes), np.random.default_rng(4)
    for _ in range(30):
        _, faces = maker.mosaic(rng)
        sides = faces.boxes[:, 2:] - faces.boxes[:, :2]
        assert (np.sqrt(sides.prod(axis=1)) >= LEAST_FACE).all()
        for boxes in (faces.boxes, faces.ignored):
            assert (boxes >= 0).all() and (boxes <= 128).all()


def test_faces_of_all_sizes_occur(scenes: SceneStore) -> None:
    maker, rng = mosaics(scenes), np.random.default_rng(5)
    boxes = np.concatenate([maker.mosaic(rng)[1].boxes for _ in range(60)])
    sizes = np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
    assert (sizes < 20).sum() > 20 and (sizes > 40).sum() > 20


def test_a_step_has_the_same_batch_in_every_run(scenes: SceneStore) -> None:
    one, again, other = mosaics(scenes).batch(7), mosaics(scenes).batch(7), mosaics(scenes).batch(8)
    assert one.patches.shape == (2, 16, 16, CHANNELS)
    assert (one.patches == again.patches).all() and (one.faces == again.faces).all()
    assert (one.patches != other.patches).any()


def test_no_step_is_left_out(scenes: SceneStore) -> None:
    maker = mosaics(scenes)
    given = [batch.patches for batch in maker.batches(2, 9)]
    assert len(given) == 7
    for step, patches in enumerate(given, start=2):
        assert (patches == maker.batch(step).patches).all()


def test_held_back_scenes_are_never_shown(scenes: SceneStore) -> None:
    chosen = mosaics(scenes)._chosen
    assert set(scenes.splits[chosen]) == {"train"} and len(chosen) == 12
