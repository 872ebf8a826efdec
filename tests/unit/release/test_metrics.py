"""Tasks sum the probabilities of their labels, and intervals contain the value."""

import numpy as np

from core.evaluation.average_precision import SizeRange
from core.release.metrics import (
    MeasuredPhoto,
    Task,
    match_photos,
    mean_interval,
    precisions,
    ranking_scores,
)
from models.label import Label

BOX = [0.0, 0, 50, 50]


def photo(label: Label, probabilities: list[float], score: float = 1.0) -> MeasuredPhoto:
    return MeasuredPhoto(
        truth=np.array([BOX]),
        labels=(label,),
        boxes=np.array([BOX]),
        probabilities=np.array([probabilities]),
        face_scores=np.array([score]),
    )


def test_every_face_is_a_detection_of_every_label() -> None:
    """A box with a wrong label: a late hit of its own label, a false positive of the other."""
    wrong = photo(Label.INCORRECT, [0.6, 0.0, 0.4, 0.0])
    right = photo(Label.WITH_MASK, [0.5, 0.0, 0.5, 0.0])
    found = precisions(match_photos([wrong, right], Task.THREE, SizeRange()))
    assert found["incorrect"].average == 0.5
    assert found["with_mask"].average == 0.5
    assert found["incorrect"].recall == found["with_mask"].recall == 1


def test_the_score_is_detector_score_times_probability() -> None:
    one = photo(Label.WITH_MASK, [0.8, 0, 0.1, 0.1], score=0.5)
    assert ranking_scores(one, (Label.WITH_MASK,)).tolist() == [0.4]
    assert ranking_scores(one, (Label.WITHOUT_MASK, Label.INCORRECT)).tolist() == [0.05]


def test_a_lower_overlap_finds_boxes_of_another_style() -> None:
    lower = MeasuredPhoto(
        truth=np.array([BOX]),
        labels=(Label.WITH_MASK,),
        boxes=np.array([[0.0, 20, 50, 70]]),
        probabilities=np.array([[1.0, 0, 0, 0]]),
        face_scores=np.array([1.0]),
    )
    assert precisions(match_photos([lower], Task.FACE, SizeRange()))["face"].average == 0
    assert precisions(match_photos([lower], Task.FACE, SizeRange(), 0.3))["face"].average == 1


def test_two_classes_count_incorrect_as_without_mask() -> None:
    split = photo(Label.INCORRECT, [0.4, 0.35, 0.25, 0.0])
    found = precisions(match_photos([split], Task.TWO, SizeRange()))
    assert found["without_mask"].average == 1
    assert found["without_mask"].truth == 1


def test_any_label_is_a_face() -> None:
    found = precisions(
        match_photos([photo(Label.WITHOUT_MASK, [0.9, 0.0, 0.0, 0.1])], Task.FACE, SizeRange())
    )
    assert found["face"].average == 1


def test_veto_and_detector_both_lower_the_rank() -> None:
    sure = ranking_scores(photo(Label.WITH_MASK, [0.9, 0, 0, 0.1]), (Label.WITH_MASK,))
    vetoed = ranking_scores(photo(Label.WITH_MASK, [0.2, 0, 0, 0.8]), (Label.WITH_MASK,))
    faint = ranking_scores(photo(Label.WITH_MASK, [0.9, 0, 0, 0.1], score=0.3), (Label.WITH_MASK,))
    assert sure[0] > faint[0] > vetoed[0]


def test_interval_holds_the_value_and_repeats() -> None:
    labels = [Label.WITH_MASK if index % 3 else Label.INCORRECT for index in range(30)]
    photos = [photo(label, [0.5, 0.0, 0.0, 0.0]) for label in labels]
    matches = {"with_mask": match_photos(photos, Task.THREE, SizeRange())["with_mask"]}
    interval = mean_interval(matches)
    assert interval.low <= interval.value <= interval.high
    assert interval.high - interval.low > 0
    assert mean_interval(matches) == interval
