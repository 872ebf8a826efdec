"""Mosaics show faces where their boxes say, and depend on seed and step alone."""

import numpy as np
from numpy.typing import NDArray

from core.training.detector.mosaics import LEAST_SHARE, SMALLEST_FACE, Faces, Mosaics
from core.training.detector.scene_store import SceneStore
from tests.unit.training.detector.discs import COLOURS


def mosaics(scenes: SceneStore, seed: int = 1) -> Mosaics:
    return Mosaics(scenes, dict.fromkeys(range(12), 1.0), side=128, batch=2, seed=seed)


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
        assert (np.sqrt(sides.prod(axis=1)) >= SMALLEST_FACE * LEAST_SHARE - 0.01).all()
        for boxes in (faces.boxes, faces.ignored):
            assert (boxes >= 0).all() and (boxes <= 128).all()


def test_faces_of_all_sizes_occur(scenes: SceneStore) -> None:
    maker, rng = mosaics(scenes), np.random.default_rng(5)
    boxes = np.concatenate([maker.mosaic(rng)[1].boxes for _ in range(60)])
    sizes = np.sqrt((boxes[:, 2:] - boxes[:, :2]).prod(axis=1))
    assert (sizes < 20).sum() > 20 and (sizes > 40).sum() > 20


def test_a_step_has_the_same_batch_in_every_run(scenes: SceneStore) -> None:
    one, again, other = mosaics(scenes).batch(7), mosaics(scenes).batch(7), mosaics(scenes).batch(8)
    assert one.pictures.shape == (2, 128, 128, 3)
    assert (one.pictures == again.pictures).all() and (one.faces == again.faces).all()
    assert (one.pictures != other.pictures).any()


def test_no_step_is_left_out(scenes: SceneStore) -> None:
    maker = mosaics(scenes)
    given = [batch.pictures for batch in maker.batches(2, 9)]
    assert len(given) == 7
    for step, pictures in enumerate(given, start=2):
        assert (pictures == maker.batch(step).pictures).all()


def test_scenes_without_a_weight_are_never_shown(scenes: SceneStore) -> None:
    rng, read = np.random.default_rng(6), list[int]()
    maker = Mosaics(Recording(scenes, read), {3: 1.0, 5: 2.0}, side=128, batch=2, seed=1)
    for _ in range(20):
        maker.mosaic(rng)
    assert set(read) == {3, 5} and read.count(5) > read.count(3)


class Recording:
    """Scenes that note which of them are read."""

    def __init__(self, scenes: SceneStore, read: list[int]) -> None:
        self._scenes, self._read = scenes, read

    def rgb(self, index: int) -> NDArray[np.uint8]:
        self._read.append(index)
        return self._scenes.rgb(index)

    def faces(self, index: int) -> Faces:
        return self._scenes.faces(index)
