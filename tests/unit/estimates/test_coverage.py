"""The coverage of intervals, measured as the benchmark does, on made-up photos."""

from dataclasses import replace

import numpy as np
import pytest

from benchmarks.coverage import ALONE, IN_GROUPS, Outcome, measure, table
from benchmarks.coverage_differences import measure as measure_differences
from benchmarks.coverage_draws import draw_population
from benchmarks.coverage_faces import LabelledFaces, load_faces, match_boxes
from benchmarks.coverage_photos import check, draw_job
from benchmarks.coverage_plans import plan_ratios


@pytest.fixture(scope="module")
def faces() -> LabelledFaces:
    """3000 faces of 600 photos, of which half wear masks; people of one photo are alike."""
    rng = np.random.default_rng(3)
    photos = rng.integers(600, size=3000)
    likes_masks = rng.beta(0.5, 0.5, 600)[photos]
    truth = np.where(rng.random(3000) < likes_masks, 0, 1)
    truth = np.where(rng.random(3000) < 0.1, rng.integers(4, size=3000), truth)
    logits = rng.normal(0, 1, (3000, 4)) + 5 * np.eye(4)[truth]
    powers = np.exp(logits)
    nothing = np.zeros(0, np.int64)
    return LabelledFaces(
        photos=photos,
        probabilities=powers / powers.sum(axis=1, keepdims=True),
        truth=truth,
        missed_photos=nothing,
        missed_truth=nothing,
    )


@pytest.mark.parametrize(
    ("classifier", "share", "size"), [("shipped", 0.5, 100), ("biased", 0.02, 300), ("night", 0.98, 100)]
)
def test_intervals_hold_the_truth_and_are_narrower_than_those_of_the_audit_alone(
    faces: LabelledFaces, classifier: str, share: float, size: int
) -> None:
    """Of 80 audits, 95% less three standard errors are 88%."""
    outcomes = measure(faces, 8, 10, shares=(share,), sizes=(size,), classifiers=(classifier,))
    alone, product = sorted(outcomes, key=lambda each: each.method)
    assert (alone.method, product.audits, product.refused) == (ALONE, 80, 0)
    assert min(product.coverage) >= 0.88
    assert np.mean(product.width) < np.mean(alone.width)


def test_an_audit_too_small_is_counted_as_refused(faces: LabelledFaces) -> None:
    outcomes = measure(faces, 1, 2, shares=(0.5,), sizes=(10,), classifiers=("shipped",))
    assert [each.refused for each in outcomes if each.method != ALONE] == [1]


def test_groups_have_intervals_of_their_own(faces: LabelledFaces) -> None:
    outcomes = measure(
        faces, 2, 5, methods=[IN_GROUPS], shares=(0.5,), sizes=(120, 300), classifiers=("shipped",)
    )
    few, many = (each for each in outcomes if each.method == IN_GROUPS)
    assert (few.audits, many.audits) == (60, 60)
    assert few.refused > 0.9, "20 audited faces a group"
    assert many.refused < 0.1
    assert min(many.coverage) > 0.88


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_population_has_about_the_share_that_is_asked(faces: LabelledFaces, share: float) -> None:
    rng = np.random.default_rng(1)
    drawn = [draw_population(faces, share, rng).shares[0] for _ in range(5)]
    assert np.mean(drawn) == pytest.approx(share, abs=0.03)


def test_found_faces_are_kept_in_a_file(faces: LabelledFaces, tmp_path) -> None:
    faces.save(tmp_path / "faces.npz")
    assert np.array_equal(load_faces(tmp_path / "faces.npz").truth, faces.truth)


def test_a_found_face_has_one_box_and_the_surest_chooses_first() -> None:
    boxes = np.array([[0, 0, 10, 10], [100, 0, 110, 10]], float)
    found = np.array([[1, 0, 11, 10], [0, 0, 10, 10], [50, 50, 60, 60]], float)
    assert match_boxes(found, np.array([0.5, 0.9, 0.8]), boxes).tolist() == [-1, 0, -1]


def test_the_table_compares_each_method_with_the_audit_alone() -> None:
    def outcome(method: str, width: float) -> Outcome:
        return Outcome(
            classifier="night",
            share=0.02,
            audited=50,
            method=method,
            audits=9,
            refused=0.5,
            coverage=(0.95, 1, 1),
            width=(width, width, width),
        )

    lines = list(table([outcome(ALONE, 0.2), outcome("product", 0.1)]))
    case, figures = "| night | 0.02 | 50 | product |", "10.0 / 10.0 / 10.0 | 50% | 20.0 / 20.0 / 20.0 |"
    assert lines[2:] == [f"{case} 95.0 / 100.0 / 100.0 | {figures}"]


def test_plans_promise_about_what_then_comes(faces: LabelledFaces) -> None:
    rng = np.random.default_rng(5)
    ratios = np.array([plan_ratios(draw_population(faces, 0.5, rng), rng) for _ in range(6)])
    before, after = np.median(ratios, axis=(0, 2))
    assert 0.8 < after < 1.25
    assert before > 1, "the made-up classifier is surer than its probabilities"


def test_checked_photos_tell_the_missed_faces(faces: LabelledFaces) -> None:
    """Faces that nobody found, most of them in few photos; of 40 samples, 84% is three errors off."""
    rng = np.random.default_rng(2)
    crowds = rng.choice(600, 400, p=rng.dirichlet(np.full(600, 0.1)))
    missed = replace(faces, missed_photos=crowds, missed_truth=rng.integers(3, size=400))
    drawn = [draw_job(missed, rng) for _ in range(4)]
    rows = np.array([check(job, 100, rng) for job in drawn for _ in range(10)])
    hits, widths = rows.mean(axis=0)
    assert hits.min() >= 0.84
    assert 0 < widths.min() <= widths.max() < 0.5


def test_the_difference_of_a_good_and_a_shifted_job_is_held_where_the_raw_one_is_wrong(
    faces: LabelledFaces,
) -> None:
    (outcome,) = measure_differences(
        faces, 4, 5, classifiers=[("shipped", "night")], shares=[(0.5, 0.98)], sizes=[100]
    )
    assert outcome.pairs == 20 and outcome.refused == 0
    assert min(outcome.coverage) >= 0.9
    assert outcome.raw_error[0] > 0.05, "so there is something to correct"
    assert max(outcome.width) < 0.4
