"""Which found face a set's label or box means."""

import numpy as np

from core.datasets.importing.matching import MatchedLabel, match_labels
from core.datasets.importing.truth import Truth
from core.detection.face import Box, FoundFace
from core.detection.photo import DecodedPhoto
from core.labels.voc import LabelledBox
from models import Label

PHOTO = DecodedPhoto(rgb=np.zeros((200, 300, 3), np.uint8), width=300, height=200, format="JPEG")


def box(x1: float, y1: float, size: float) -> Box:
    return Box(x1=x1, y1=y1, x2=x1 + size, y2=y1 + size)


def found(x1: float, y1: float, size: float, score: float) -> FoundFace:
    return FoundFace(box=box(x1, y1, size), landmarks=(), score=score)


def test_a_crops_label_is_of_its_largest_and_surest_face() -> None:
    faces = [found(0, 0, 20, 0.95), found(50, 50, 90, 0.9), found(60, 60, 100, 0.4)]
    assert match_labels(Truth(label=Label.WITH_MASK, mask_kind="n95"), PHOTO, faces) == [
        MatchedLabel(label=Label.WITH_MASK, mask_kind="n95", found=1)
    ]


def test_a_crop_without_a_found_face_gets_a_box_in_its_middle() -> None:
    (said,) = match_labels(Truth(label=Label.INCORRECT), PHOTO, [])
    assert said == MatchedLabel(label=Label.INCORRECT, drawn=Box(x1=30, y1=20, x2=270, y2=180))


def test_every_face_of_a_photo_of_no_face_is_none() -> None:
    faces = [found(0, 0, 20, 0.95), found(50, 50, 90, 0.9)]
    for truth in (Truth(label=Label.NOT_A_FACE), Truth()):
        said = match_labels(truth, PHOTO, faces)
        assert [(each.label, each.found) for each in said] == [(Label.NOT_A_FACE, 0), (Label.NOT_A_FACE, 1)]
    assert match_labels(Truth(), PHOTO, []) == []


def test_drawn_boxes_go_to_the_faces_they_show() -> None:
    """Found: the first drawn face, a false alarm, a sure face that nobody drew, one inside a drawn box."""
    truth = Truth(
        boxes=(
            LabelledBox(box=box(10, 10, 40), label=Label.WITH_MASK),
            LabelledBox(box=box(100, 10, 40), label=Label.INCORRECT),
            LabelledBox(box=box(290, 190, 40), label=Label.WITHOUT_MASK),
            LabelledBox(box=box(400, 10, 40), label=Label.WITHOUT_MASK),
        )
    )
    faces = [
        found(14, 14, 40, 0.9),
        found(200, 100, 40, 0.8),
        found(105, 15, 12, 0.5),
        found(150, 120, 40, 0.4),
    ]
    said = match_labels(truth, PHOTO, faces)
    assert said[0] == MatchedLabel(label=Label.WITH_MASK, found=0)
    assert said[1] == MatchedLabel(label=Label.INCORRECT, drawn=box(100, 10, 40))
    # The part that lies in the photo; what lies outside altogether is left out.
    assert said[2] == MatchedLabel(label=Label.WITHOUT_MASK, drawn=Box(x1=290, y1=190, x2=300, y2=200))
    assert said[3:] == [MatchedLabel(label=Label.NOT_A_FACE, found=3)]


def test_two_found_faces_never_share_a_drawn_box() -> None:
    truth = Truth(boxes=(LabelledBox(box=box(10, 10, 40), label=Label.WITH_MASK),))
    said = match_labels(truth, PHOTO, [found(12, 12, 40, 0.9), found(10, 10, 40, 0.5)])
    assert said == [MatchedLabel(label=Label.WITH_MASK, found=0)]
