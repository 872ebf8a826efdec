"""Ranking faces by each reason, and mixing the rankings."""

import numpy as np
import pytest

from core.review.options import CHOOSABLE, QueueOptions
from core.review.queues import ranking
from core.review.queues.ranking import choose_faces, farthest_first, mix
from models import Label, ReviewReason
from tests.unit.review.pools import ROWS, pool_of


def test_the_smallest_margin_is_first_and_unpredicted_faces_are_excluded() -> None:
    assert ranking.uncertain(pool_of()).tolist() == [1, 3, 2, 0, 5]


def test_a_label_that_is_not_predicted_is_no_guess() -> None:
    rows = [(0.52, 0.48, np.nan, np.nan), (0.9, 0.1, np.nan, np.nan), ROWS[4]]
    pool = pool_of(rows)
    assert pool.predicted.tolist() == [True, True, False]
    assert pool.prediction(0) == (Label.WITH_MASK, pytest.approx(0.52))
    assert pool.prediction(2) == (None, None)
    assert ranking.uncertain(pool).tolist() == [0, 1]
    assert ranking.rare(pool, Label.INCORRECT).tolist() == []


def test_decided_and_waiting_faces_are_excluded() -> None:
    decided = np.array([0, -1, -1, -1, -1, -1], np.int8)
    waiting = np.array([False, True, False, False, False, False])
    pool = pool_of(decided=decided, waiting=waiting)
    assert ranking.uncertain(pool).tolist() == [3, 2, 5]
    assert ranking.in_order(pool).tolist() == [2, 3, 4, 5]
    assert sorted(ranking.in_random_order(pool, 1).tolist()) == [2, 3, 4, 5]
    assert ranking.decided_before(pool).tolist() == [0]


def test_random_order_is_the_same_for_the_same_seed() -> None:
    many = pool_of([ROWS[0]] * 50)
    assert ranking.in_random_order(many, 3).tolist() == ranking.in_random_order(many, 3).tolist()
    assert ranking.in_random_order(many, 3).tolist() != ranking.in_random_order(many, 4).tolist()


def test_disagreement_rare_flagged_and_decided_before() -> None:
    pool = pool_of(
        distance=np.array([0, 0.3, 0, 0.8, 0, 0], np.float32),
        flagged=np.array([False, False, True, False, False, False]),
        decided=np.array([0, -1, -1, -1, -1, 0], np.int8),
    )
    assert ranking.disagreement(pool).tolist() == [3, 1]
    assert ranking.rare(pool, Label.INCORRECT).tolist() == [2, 3, 1]
    assert ranking.flagged(pool).tolist() == [2]
    assert ranking.decided_before(pool).tolist() == [5, 0]
    assert (
        ranking.rarest_label({Label.WITH_MASK: 9, Label.INCORRECT: 2, Label.WITHOUT_MASK: 4})
        is Label.INCORRECT
    )
    assert ranking.rarest_label({}) is Label.INCORRECT


def test_shares_hold_in_every_prefix_and_an_exhausted_order_leaves_its_share() -> None:
    orders = {
        ReviewReason.UNCERTAIN: np.arange(0, 100),
        ReviewReason.AUDIT: np.arange(100, 110),
        ReviewReason.RARE: np.arange(50, 100),
    }
    shares = {ReviewReason.UNCERTAIN: 60, ReviewReason.AUDIT: 20, ReviewReason.RARE: 20}
    mixed = mix(orders, shares, 100)
    first = [one.reason for one in mixed[:50]]
    assert [first.count(reason) for reason in shares] == [30, 10, 10]
    assert len({one.index for one in mixed}) == len(mixed) == 100
    assert [one.reason for one in mixed].count(ReviewReason.AUDIT) == 10
    assert len(mix(orders, shares, 1000)) == 110


def test_the_farthest_row_is_next() -> None:
    cluster = np.array([[1, 0, 0], [1, 0.01, 0], [0, 1, 0], [0.01, 1, 0], [0, 0, 1]], float)
    assert {0, 1} & set(farthest_first(cluster, 3).tolist())
    assert {2, 3} & set(farthest_first(cluster, 3).tolist())
    assert 4 in farthest_first(cluster, 3)
    assert sorted(farthest_first(cluster, 9).tolist()) == [0, 1, 2, 3, 4]
    assert farthest_first(np.empty((0, 3)), 2).tolist() == []


def test_every_kind_of_face_can_be_chosen() -> None:
    decided = np.array([0, -1, 2, -1, -1, 0], np.int8)
    flagged = np.array([True, False, False, False, False, False])
    pool = pool_of(decided=decided, flagged=flagged)
    chosen = choose_faces(
        pool,
        QueueOptions(shares=dict.fromkeys(CHOOSABLE, 10), limit=50),
        seed=1,
        counts={},
        diversify=lambda pool, candidates, wanted: candidates[:wanted],
        errors=np.array([2]),
    )
    assert {one.index for one in chosen} == set(range(6))
    assert {one.index for one in chosen if one.reason is ReviewReason.LABEL_ERROR} == {2}
