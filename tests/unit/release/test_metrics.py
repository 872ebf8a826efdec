"""Tasks sum the probabilities of their labels, and intervals contain the value."""

import numpy as np

from core.release.average_precision import SizeRange
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


def test_likelier_label_takes_the_box() -> None:
    wrong = photo(Label.INCORRECT, [0.6, 0.0, 0.4, 0.0])
    found = precisions(match_photos([wrong], Task.THREE, SizeRange()))
    assert found["incorrect"].average == 0


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
    photos = [photo(Label.WITH_MASK, [0.5, 0.0, 0.6 * (index % 3 == 0), 0.0]) for index in range(30)]
    matches = {"with_mask": match_photos(photos, Task.THREE, SizeRange())["with_mask"]}
    interval = mean_interval(matches)
    assert interval.low <= interval.value <= interval.high
    assert interval.high - interval.low > 0
    assert mean_interval(matches) == interval
