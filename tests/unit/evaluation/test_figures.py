"""Figures against values worked out by hand or known to be so."""

import numpy as np
import pytest

from core.datasets.labelled_face import LabelledFace
from core.detection.face import Box
from core.evaluation.comparison import compare_predictions, mcnemar
from core.evaluation.confusion import ScoredFaces
from core.evaluation.curves import measure_reliability
from core.evaluation.metrics import measure
from core.evaluation.slices import Slice, list_slices
from models import Label, SourceKind, Split


def scored(labels: list[int], predicted: list[int], confidence: float = 0.7) -> ScoredFaces:
    probabilities = np.full((len(labels), 4), (1 - confidence) / 3)
    probabilities[np.arange(len(labels)), predicted] = confidence
    return ScoredFaces(probabilities=probabilities, labels=np.array(labels), photos=np.arange(len(labels)))


# Truth: six with mask, three without, one incorrect. Three mistakes.
LABELS = [0, 0, 0, 0, 0, 0, 1, 1, 1, 2]
PREDICTED = [0, 0, 0, 0, 0, 1, 1, 1, 0, 0]


def test_figures_by_hand() -> None:
    figures = measure(scored(LABELS, PREDICTED))
    assert figures.accuracy.value == 0.7
    by_label = {each.label: each for each in figures.labels}
    assert by_label["with_mask"].precision.value == pytest.approx(5 / 7, abs=1e-4)
    assert by_label["with_mask"].recall.value == pytest.approx(5 / 6, abs=1e-4)
    assert by_label["without_mask"].f1.value == pytest.approx(2 / 3, abs=1e-4)
    # Nothing was called incorrect, and no face is not one.
    assert by_label["incorrect"].precision.value is None
    assert (by_label["incorrect"].recall.value, by_label["incorrect"].f1.value) == (0.0, 0.0)
    assert by_label["not_a_face"].recall.value is None
    assert figures.macro_f1.value == pytest.approx((10 / 13 + 2 / 3 + 0) / 3, abs=1e-4)
    assert figures.confusion == [[5, 1, 0, 0], [1, 2, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]


def test_intervals_hold_what_binomial_theory_says() -> None:
    """Accuracy 0.9 of 400 independent faces: the 95 % interval is 0.9 +- 0.029."""
    labels = [0] * 400
    figure = measure(scored(labels, [1] * 40 + [0] * 360)).accuracy
    assert figure.low == pytest.approx(0.871, abs=0.006)
    assert figure.high == pytest.approx(0.929, abs=0.006)


def test_faces_of_one_photo_are_one_witness() -> None:
    labels, predicted = [0] * 400, [1] * 40 + [0] * 360
    single = measure(scored(labels, predicted)).accuracy
    grouped = ScoredFaces(
        probabilities=scored(labels, predicted).probabilities,
        labels=np.array(labels),
        photos=np.arange(400) // 20,
    )
    together = measure(grouped).accuracy
    assert together.high - together.low > 2 * (single.high - single.low)


def test_curves_end_where_everything_is_found() -> None:
    faces = ScoredFaces(
        probabilities=np.array([[0.9, 0.1, 0, 0], [0.6, 0.4, 0, 0], [0.7, 0.3, 0, 0], [0.2, 0.8, 0, 0]]),
        labels=np.array([0, 0, 1, 1]),
        photos=np.arange(4),
    )
    curve = measure(faces).curves[0]
    assert (curve.recall, curve.precision) == ([0.5, 0.5, 1.0, 1.0], [1.0, 0.5, 0.6667, 0.5])
    assert curve.average == pytest.approx(0.5 * 1 + 0.5 * 2 / 3, abs=1e-4)


def test_a_version_that_is_as_sure_as_it_is_right_has_no_calibration_error() -> None:
    faces = scored([0] * 100, [0] * 75 + [1] * 25, confidence=0.75)
    reliability = measure_reliability(faces)
    assert reliability.expected_error == pytest.approx(0, abs=1e-9)
    (filled,) = [each for each in reliability.bins if each.faces]
    assert (filled.low, filled.faces, filled.accuracy) == (0.7, 100, 0.75)
    assert measure_reliability(scored([0] * 100, [0] * 50 + [1] * 50, 0.9)).expected_error == 0.4


def test_parts_are_measured_by_themselves() -> None:
    chosen = np.array([True] * 6 + [False] * 4)
    (part,) = measure(scored(LABELS, PREDICTED), [Slice(by="size", name="large", chosen=chosen)]).parts
    assert (part.faces, part.accuracy.value) == (6, pytest.approx(5 / 6, abs=1e-4))
    assert part.recall == {
        "with_mask": pytest.approx(5 / 6, abs=1e-4),
        "without_mask": None,
        "incorrect": None,
        "not_a_face": None,
    }


def test_slices_by_size_blur_source_and_mask_kind() -> None:
    def face(size: float, blur: float | None, source: str, kind: str | None) -> LabelledFace:
        return LabelledFace(
            face_id=1,
            photo_id=1,
            photo_sha256="",
            box=Box(x1=0, y1=0, x2=size, y2=size),
            landmarks=(),
            score=1,
            label=Label.WITH_MASK,
            split=Split.TEST,
            blur=blur,
            source_kind=SourceKind.FOLDER,
            source=source,
            mask_kind=kind,
        )

    faces = [face(20, 10, "a", None), face(40, 900, "a", "cloth"), face(200, None, "b", "n95")]
    found = {(each.by, each.name): each.chosen.tolist() for each in list_slices(faces)}
    assert found == {
        ("size", "32 px and more"): [False, True, True],
        ("size", "16 to 32 px"): [True, False, False],
        ("size", "32 to 64 px"): [False, True, False],
        ("size", "128 px and more"): [False, False, True],
        ("blur", "very blurred"): [True, False, False],
        ("blur", "sharp"): [False, True, False],
        ("source", "a"): [True, True, False],
        ("source", "b"): [False, False, True],
        ("mask kind", "cloth"): [False, True, False],
        ("mask kind", "n95"): [False, False, True],
    }


@pytest.mark.parametrize(
    ("gained", "lost", "p_value"),
    # From the binomial distribution: 2 * P(X <= 2 | n = 12, p = 1/2) and so on.
    [(0, 0, 1.0), (10, 2, 0.03857), (5, 5, 1.0), (0, 6, 0.03125), (560, 480, 0.01426)],
)
def test_mcnemar(gained: int, lost: int, p_value: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p_value, rel=3e-3)
    assert mcnemar(gained, lost) == mcnemar(lost, gained)


def test_two_versions_on_the_same_faces() -> None:
    """Counts by label, by what the one says and by what the other says, against a look at every face."""
    rng = np.random.default_rng(4)
    labels, one, other = rng.integers(0, 4, (3, 500))
    joint = np.zeros((4, 4, 4), np.int64)
    np.add.at(joint, (labels, one, other), 1)
    test = compare_predictions(joint)
    gained = int(((one != labels) & (other == labels)).sum())
    lost = int(((one == labels) & (other != labels)).sum())
    assert (test.faces, test.gained, test.lost) == (500, gained, lost)
    assert test.p_value == mcnemar(gained, lost)
