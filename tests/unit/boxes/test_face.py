"""Which faces of a photo count."""

from core.boxes.face import FaceStatus
from models import Label
from tests.unit.boxes.conftest import BoxedPhoto

_FACE = (200.0, 100.0, 320.0, 250.0)
_NEAR = (204.0, 104.0, 322.0, 252.0)
_FAR = (20.0, 20.0, 80.0, 80.0)


def test_a_person_overrules_the_classifier(photo: BoxedPhoto) -> None:
    seen = photo.found(_FACE, predicted=Label.WITHOUT_MASK)
    vetoed = photo.found(_FAR, predicted=Label.NOT_A_FACE)
    assert photo.statuses() == {seen: FaceStatus.COUNTS, vetoed: FaceStatus.PROPOSED}
    photo.edit("label", seen, label="not_a_face")
    photo.edit("accept", vetoed)
    assert photo.statuses() == {seen: FaceStatus.NOT_A_FACE, vetoed: FaceStatus.COUNTS}


def test_faces_without_a_prediction_count_by_their_score(photo: BoxedPhoto) -> None:
    sure, unsure = photo.found(_FACE, score=0.7), photo.found(_FAR, score=0.5)
    assert photo.statuses() == {sure: FaceStatus.COUNTS, unsure: FaceStatus.PROPOSED}


def test_of_two_detectors_boxes_one_counts(photo: BoxedPhoto) -> None:
    older = photo.found(_FACE, predicted=Label.WITH_MASK, key="yunet-s32")
    newer = photo.found(_NEAR, predicted=Label.WITH_MASK, key="yunet-s16")
    assert photo.statuses() == {older: FaceStatus.HIDDEN, newer: FaceStatus.COUNTS}
    photo.edit("label", older, label="with_mask")
    assert photo.statuses() == {older: FaceStatus.COUNTS, newer: FaceStatus.HIDDEN}


def test_another_detector_does_not_bring_back_a_removed_face(photo: BoxedPhoto) -> None:
    photo.edit("remove", photo.found(_FACE, predicted=Label.WITH_MASK, key="yunet-s32"))
    photo.found(_NEAR, predicted=Label.WITH_MASK, key="yunet-s16")
    assert photo.boxes() == []


def test_drawn_boxes_hide_detected_boxes_below_them(photo: BoxedPhoto) -> None:
    photo.edit("draw", box=list(_NEAR))
    photo.edit("draw", box=list(_FACE))
    photo.found(_FACE, predicted=Label.WITH_MASK)
    assert photo.boxes() == [_NEAR, _FACE]


def test_faces_found_after_boxing_are_proposals(photo: BoxedPhoto) -> None:
    first = photo.found(_FACE, predicted=Label.WITH_MASK)
    photo.edit("boxed")
    later = photo.found(_FAR, predicted=Label.WITH_MASK, key="yunet-s8")
    assert photo.statuses() == {first: FaceStatus.COUNTS, later: FaceStatus.PROPOSED}
    photo.edit("accept", later)
    assert photo.boxes() == [_FACE, _FAR]
