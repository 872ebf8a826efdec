"""Which detected face gets the label or the box of a labelled set."""

import numpy as np

from core.datasets.importing.matching import MatchedLabel, keep_usable_boxes, match_labels
from core.datasets.importing.truth import DroppedObject, Truth
from core.detection.face import Box, FoundFace
from core.detection.photo import DecodedPhoto
from core.labels.annotation import LabelledBox, ObjectProblem
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


def test_every_detection_in_a_photo_that_a_person_labelled_is_not_a_face() -> None:
    faces = [found(0, 0, 20, 0.95), found(50, 50, 90, 0.9)]
    matched = match_labels(Truth(label=Label.NOT_A_FACE), PHOTO, faces)
    assert matched == [MatchedLabel(label=Label.NOT_A_FACE, found=index) for index in range(2)]


#: An annotated face, a likely face, one inside an annotated box, a false alarm.
FACES = (found(14, 14, 40, 0.9), found(200, 100, 40, 0.61), found(105, 15, 12, 0.5), found(150, 120, 40, 0.4))
BOXES = (
    LabelledBox(box=box(10, 10, 40), label=Label.WITH_MASK),
    LabelledBox(box=box(100, 10, 40), label=Label.INCORRECT),
)
FALSE_ALARM = MatchedLabel(label=Label.NOT_A_FACE, found=3, assumed=True)


def test_annotated_boxes_match_the_faces_they_overlap() -> None:
    assert match_labels(Truth(boxes=BOXES), PHOTO, FACES) == [
        MatchedLabel(label=Label.WITH_MASK, found=0),
        MatchedLabel(label=Label.INCORRECT, drawn=box(100, 10, 40)),
    ]


def assumed(truth: Truth) -> list[MatchedLabel]:
    matched = match_labels(truth, PHOTO, FACES)
    return [each for each in matched if each.label is Label.NOT_A_FACE]


def test_other_detections_are_no_faces_only_where_the_set_says_so() -> None:
    """And never those above the score of 0.6, also in photos without any box."""
    assert assumed(Truth(boxes=BOXES)) == assumed(Truth()) == []
    assert assumed(Truth(boxes=BOXES, all_faces_boxed=True)) == [FALSE_ALARM]
    assert [each.found for each in assumed(Truth(all_faces_boxed=True))] == [2, 3]


def test_a_photo_with_a_dropped_object_teaches_no_negatives() -> None:
    scarf = DroppedObject(word="scarf", problem=ObjectProblem.WORD_UNKNOWN)
    assert assumed(Truth(boxes=BOXES, dropped=(scarf,), all_faces_boxed=True)) == []


def test_an_ignored_object_is_no_negative_but_the_rest_is() -> None:
    ignored = DroppedObject(word="hand", problem=ObjectProblem.WORD_IGNORED, box=box(150, 120, 40))
    assert assumed(Truth(boxes=BOXES, dropped=(ignored,), all_faces_boxed=True)) == []
    elsewhere = DroppedObject(word="hand", problem=ObjectProblem.WORD_IGNORED, box=box(240, 0, 40))
    assert assumed(Truth(boxes=BOXES, dropped=(elsewhere,), all_faces_boxed=True)) == [FALSE_ALARM]


def test_a_box_without_a_label_is_a_face() -> None:
    truth = Truth(unlabelled=(box(150, 120, 40), box(240, 0, 40)), all_faces_boxed=True)
    matched = match_labels(truth, PHOTO, FACES)
    assert matched[:2] == [
        MatchedLabel(label=None, found=3),
        MatchedLabel(label=None, drawn=box(240, 0, 40)),
    ]
    assert [each.found for each in matched[2:]] == [2]


def test_boxes_are_clipped_to_the_photo_and_the_rest_is_named() -> None:
    over_the_edge, outside = box(290, 190, 40), box(400, 10, 40)
    truth = Truth(
        boxes=tuple(
            LabelledBox(box=each, label=Label.WITHOUT_MASK)
            for each in (over_the_edge, outside, box(10, 10, 3))
        ),
        unlabelled=(box(-90, 0, 40),),
    )
    kept = keep_usable_boxes(truth, PHOTO)
    assert [each.box for each in kept.boxes] == [Box(x1=290, y1=190, x2=300, y2=200)]
    assert [(each.word, each.problem) for each in kept.dropped] == [
        ("without_mask", ObjectProblem.BOX_OUTSIDE),
        ("without_mask", ObjectProblem.BOX_TINY),
        ("unlabelled", ObjectProblem.BOX_OUTSIDE),
    ]
    assert kept.unlabelled == ()


def test_two_detected_faces_never_share_an_annotated_box() -> None:
    truth = Truth(boxes=(LabelledBox(box=box(10, 10, 40), label=Label.WITH_MASK),))
    matched = match_labels(truth, PHOTO, [found(12, 12, 40, 0.9), found(10, 10, 40, 0.5)])
    assert matched == [MatchedLabel(label=Label.WITH_MASK, found=0)]
