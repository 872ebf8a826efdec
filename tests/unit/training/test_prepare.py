"""Preparation computes no feature twice, and leaves out photos that cannot be read."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.training_faces import photo_bytes
from core.datasets.labelled_face import LabelledFace
from core.detection.card import CHAMPION
from core.detection.face import Box
from core.errors import InputError
from core.training.crops import choose_drawn
from core.training.features import FeatureCache, face_key
from core.training.folder import TrainingFolder
from core.training.network.canvas import open_canvases
from models import Label, Split
from tests.training import Late, need_training

need_training()
backbone = Late("core.training.backbone")
networks = Late("core.training.network.network")
preparing = Late("core.training.prepare")


def face(number: int, split: Split = Split.TRAIN, label: Label = Label.WITH_MASK, **more) -> LabelledFace:
    values = {
        "face_id": number,
        "photo_id": number,
        "photo_sha256": f"{number:064}",
        "box": Box(x1=24, y1=24, x2=72, y2=72),
        "landmarks": (),
        "score": 1.0,
        "detector_key": "drawn",
        "label": label,
        "split": split,
        "blur": None,
        "source_kind": None,
        "source": "test",
        "mask_kind": None,
    }
    return LabelledFace(**(values | more))


@pytest.fixture(scope="module")
def features():
    network = networks.build_network(32)
    networks.load_half(network, CHAMPION / "weights.npz")
    return backbone.feature_network(network)


def prepare(features, folder: Path, faces: list[LabelledFace], *, fine_tune: bool = False):
    def read(wanted: LabelledFace) -> bytes:
        if wanted.photo_id == 99:
            raise InputError("file_gone", "gone")
        return photo_bytes(wanted.photo_id, Label.WITH_MASK)

    folder.mkdir(exist_ok=True)
    return preparing.cut_faces(
        preparing.PrepareInput(
            faces=faces,
            side=32,
            seed=1,
            fine_tune=fine_tune,
            features=features,
            cache=FeatureCache(folder / "features.sqlite"),
            folder=TrainingFolder(path=folder),
            open_photo=read,
            progress=lambda done, photos: None,
        )
    )


def test_only_new_faces_go_through_the_backbone(features, tmp_path: Path) -> None:
    faces = [face(1), face(2), face(3, Split.VALIDATION)]
    assert prepare(features, tmp_path, faces).computed == 3
    assert prepare(features, tmp_path, faces).computed == 0
    more = [*faces, face(4), face(99, Split.VALIDATION)]
    cut = prepare(features, tmp_path, more)
    assert (cut.computed, cut.unreadable) == (1, {99})
    assert sorted(cut.crop_rows) == [1, 2, 3, 4]
    cache = FeatureCache(tmp_path / "features.sqlite")
    rows = cache.get([face_key(each.photo_sha256, each.box) for each in more[:4]])
    assert len(np.unique(rows, axis=0)) == 4


def test_fine_tuning_has_canvases_of_training_faces_and_drawn_masks(features, tmp_path: Path) -> None:
    landmarks = ((38.0, 40.0), (58.0, 40.0), (48.0, 50.0), (40.0, 60.0), (56.0, 60.0))
    bare = [face(number, label=Label.WITHOUT_MASK, landmarks=landmarks) for number in range(10, 16)]
    faces = [*bare, face(1), face(2, Split.VALIDATION)]
    chosen = choose_drawn(faces, seed=1)
    assert len(chosen) == 2 and chosen <= {each.face_id for each in bare}
    prepare(features, tmp_path, faces, fine_tune=True)
    store = open_canvases(tmp_path)
    drawn = [source for source in store.sources.tolist() if source.startswith("drawn/")]
    assert (len(store.labels), len(drawn)) == (7 + 2, 2)
    assert set(store.labels[np.char.startswith(store.sources, "drawn/")]) == {
        list(Label).index(Label.INCORRECT)
    }
    assert 2 not in store.pictures
