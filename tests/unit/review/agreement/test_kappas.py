"""Kappas and alpha compared with values calculated by hand."""

import pytest

from core.review.agreement.kappas import DecisionPair, measure_agreement
from models import Label

YES, NO, WRONG = Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT


def two(first: Label, second: Label, first_id: int = 1, second_id: int = 2) -> DecisionPair:
    return DecisionPair(first_id=first_id, first=first, second_id=second_id, second=second)


def test_cohen_fleiss_and_krippendorff_of_a_known_table() -> None:
    # 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: the textbook case with Cohen's kappa 0.4.
    decisions = [two(YES, YES)] * 20 + [two(YES, NO)] * 5 + [two(NO, YES)] * 10 + [two(NO, NO)] * 15
    figures = measure_agreement(decisions)
    assert figures["all"]["faces"] == 50
    assert figures["all"]["agreed"] == pytest.approx(0.7)
    assert figures["pairs"] == [
        {"first": 1, "second": 2, "faces": 50, "agreed": pytest.approx(0.7), "cohen": pytest.approx(0.4)}
    ]
    # Scott's pi of two raters: expected agreement 0.55^2 + 0.45^2 = 0.505.
    assert figures["all"]["fleiss"] == pytest.approx((0.7 - 0.505) / 0.495)
    # Alpha: 1 - (n - 1) * disagreement / expected over 100 values, 55 yes and 45 no.
    assert figures["all"]["alpha"] == pytest.approx(1 - 99 * 30 / (2 * 55 * 45))


def test_pairs_do_not_depend_on_order_and_labels_are_separate() -> None:
    decisions = [two(YES, NO), two(NO, YES, 2, 1), two(WRONG, WRONG, 2, 1), two(YES, YES, 1, 3)]
    figures = measure_agreement(decisions)
    pair = next(one for one in figures["pairs"] if one["second"] == 2)
    assert (pair["faces"], pair["agreed"]) == (3, pytest.approx(1 / 3))
    assert figures["labels"]["incorrect"]["agreed"] == 1
    assert figures["labels"]["incorrect"]["alpha"] == pytest.approx(1)
    assert figures["labels"]["with_mask"]["agreed"] == pytest.approx(0.5)


@pytest.mark.parametrize("decisions", [[], [two(YES, YES)] * 9])
def test_undefined_metrics_are_none(decisions: list[DecisionPair]) -> None:
    figures = measure_agreement(decisions)
    assert figures["all"]["fleiss"] is figures["all"]["alpha"] is None
    assert all(pair["cohen"] is None for pair in figures["pairs"])
