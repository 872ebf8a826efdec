"""Which faces of a photo stand."""

from core.boxes.face import FaceStatus
from models import Label
from tests.unit.boxes.conftest import BoxedPhoto

_FACE = (200.0, 100.0, 320.0, 250.0)
_NEAR = (204.0, 104.0, 322.0, 252.0)
_FAR = (20.0, 20.0, 80.0, 80.0)


def test_the_classifier_vetoes_and_a_person_overrules_it(photo: BoxedPhoto) -> None:
    seen = photo.found(_FACE, predicted=Label.WITHOUT_MASK)
    vetoed = photo.found(_FAR, predicted=Label.NOT_A_FACE)
    assert photo.judged() == {seen: FaceStatus.COUNTS, vetoed: FaceStatus.PROPOSED}
    photo.edit("label", seen, label="not_a_face")
    photo.edit("accept", vetoed)
    assert photo.judged() == {seen: FaceStatus.NOT_A_FACE, vetoed: FaceStatus.COUNTS}


def test_unclassified_faces_stand_by_their_score(photo: BoxedPhoto) -> None:
    sure, unsure = photo.found(_FACE, score=0.7), photo.found(_FAR, score=0.5)
    assert photo.judged() == {sure: FaceStatus.COUNTS, unsure: FaceStatus.PROPOSED}


def test_two_detectors_find_one_face(photo: BoxedPhoto) -> None:
    older = photo.found(_FACE, predicted=Label.WITH_MASK, key="yunet-s32")
    newer = photo.found(_NEAR, predicted=Label.WITH_MASK, key="yunet-s16")
    assert photo.judged() == {older: FaceStatus.HIDDEN, newer: FaceStatus.COUNTS}
    photo.edit("label", older, label="with_mask")
    assert photo.judged() == {older: FaceStatus.COUNTS, newer: FaceStatus.HIDDEN}


def test_what_was_taken_away_does_not_come_back_by_another_detector(photo: BoxedPhoto) -> None:
    photo.edit("remove", photo.found(_FACE, predicted=Label.WITH_MASK, key="yunet-s32"))
    photo.found(_NEAR, predicted=Label.WITH_MASK, key="yunet-s16")
    assert photo.boxes() == []


def test_drawn_boxes_hide_what_a_detector_found_there(photo: BoxedPhoto) -> None:
    photo.edit("draw", box=list(_NEAR))
    photo.edit("draw", box=list(_FACE))
    photo.found(_FACE, predicted=Label.WITH_MASK)
    assert photo.boxes() == [_NEAR, _FACE]


def test_a_boxed_photo_takes_no_face_that_is_found_later(photo: BoxedPhoto) -> None:
    first = photo.found(_FACE, predicted=Label.WITH_MASK)
    photo.edit("boxed")
    later = photo.found(_FAR, predicted=Label.WITH_MASK, key="yunet-s8")
    assert photo.judged() == {first: FaceStatus.COUNTS, later: FaceStatus.PROPOSED}
    photo.edit("accept", later)
    assert photo.boxes() == [_FACE, _FAR]
