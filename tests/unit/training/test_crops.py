"""Crops of faces that an earlier detector found are those of the same face found today."""

import numpy as np
import pytest

from core.datasets.labelled_face import LabelledFace
from core.detection.crop import cut
from core.detection.crop_box import crop_box
from core.detection.face import Box
from core.detection.photo import DecodedPhoto
from core.predict.unpredicted import Unpredicted
from core.training.crops import plain_crops
from models import Face, Label, Photo, Split

EARLIER = "yunet-2-8f2383e4dd3c-0968eb4476be-s16-t0.3"
BOX = Box(x1=60, y1=70, x2=120, y2=140)


@pytest.fixture
def photo() -> DecodedPhoto:
    rgb = np.random.default_rng(1).integers(0, 255, (220, 200, 3), dtype=np.uint8)
    return DecodedPhoto(rgb=rgb, width=200, height=220, format="PNG")


def face(detector_key: str) -> LabelledFace:
    return LabelledFace(
        face_id=1,
        photo_id=1,
        photo_sha256="0" * 64,
        box=BOX,
        landmarks=(),
        score=0.9,
        detector_key=detector_key,
        label=Label.WITH_MASK,
        split=Split.TRAIN,
        blur=None,
        source_kind=None,
        source="test",
        mask_kind=None,
    )


def corners(box: Box) -> np.ndarray:
    return np.array([[box.x1, box.y1, box.x2, box.y2]])


def test_training_cuts_them_higher(photo: DecodedPhoto) -> None:
    earlier, today = (
        plain_crops(photo, [face(key)], 64) for key in (EARLIER, "yunet-3-8f2383e4dd3c-s16-t0.3")
    )
    assert (today == cut(photo.rgb, corners(BOX), side=64)).all()
    assert (earlier == cut(photo.rgb, corners(crop_box(BOX, EARLIER)), side=64)).all()
    assert (earlier != today).any()


def test_a_later_version_classifies_them_there_and_leaves_the_row() -> None:
    corners = {"x1": 60.0, "y1": 70.0, "x2": 120.0, "y2": 140.0}
    row = Face(photo_id=1, detector_key=EARLIER, ordinal=0, score=0.9, landmarks=[], **corners)
    found = Unpredicted(photo=Photo(), faces=(row,)).found[0]
    assert found.box == crop_box(BOX, EARLIER)
    assert (row.y1, row.y2) == (70.0, 140.0)
