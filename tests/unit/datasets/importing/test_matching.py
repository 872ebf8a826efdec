"""Which detected face gets the label or the box of a labelled set."""

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


def test_the_label_of_a_crop_goes_to_its_largest_face_with_a_high_score() -> None:
    faces = [found(0, 0, 20, 0.95), found(50, 50, 90, 0.9), found(60, 60, 100, 0.4)]
    assert match_labels(Truth(label=Label.WITH_MASK, mask_kind="n95"), PHOTO, faces) == [
        MatchedLabel(label=Label.WITH_MASK, mask_kind="n95", found=1)
    ]


def test_a_crop_without_a_detected_face_gets_a_centred_box() -> None:
    (matched,) = match_labels(Truth(label=Label.INCORRECT), PHOTO, [])
    assert matched == MatchedLabel(label=Label.INCORRECT, drawn=Box(x1=30, y1=20, x2=270, y2=180))


def test_every_detection_in_a_photo_without_faces_is_not_a_face() -> None:
    faces = [found(0, 0, 20, 0.95), found(50, 50, 90, 0.9)]
    for truth in (Truth(label=Label.NOT_A_FACE), Truth()):
        matched = match_labels(truth, PHOTO, faces)
        assert [(each.label, each.found) for each in matched] == [
            (Label.NOT_A_FACE, 0),
            (Label.NOT_A_FACE, 1),
        ]
    assert match_labels(Truth(), PHOTO, []) == []


def test_annotated_boxes_match_the_faces_they_overlap() -> None:
    """Detected: an annotated face, a false alarm, an overlooked face, and one inside an annotated box."""
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
    matched = match_labels(truth, PHOTO, faces)
    assert matched[0] == MatchedLabel(label=Label.WITH_MASK, found=0)
    assert matched[1] == MatchedLabel(label=Label.INCORRECT, drawn=box(100, 10, 40))
    # Boxes are clipped to the photo; a box outside it is left out.
    assert matched[2] == MatchedLabel(label=Label.WITHOUT_MASK, drawn=Box(x1=290, y1=190, x2=300, y2=200))
    assert matched[3:] == [MatchedLabel(label=Label.NOT_A_FACE, found=3)]


def test_two_detected_faces_never_share_an_annotated_box() -> None:
    truth = Truth(boxes=(LabelledBox(box=box(10, 10, 40), label=Label.WITH_MASK),))
    matched = match_labels(truth, PHOTO, [found(12, 12, 40, 0.9), found(10, 10, 40, 0.5)])
    assert matched == [MatchedLabel(label=Label.WITH_MASK, found=0)]
