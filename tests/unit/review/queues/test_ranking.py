"""Orders of faces, their mixing, stacks and diversity: plain arrays."""

import numpy as np
import pytest

from core.review.label_errors import FOLDS, ScoredFaces, cross_validate, label_errors
from core.review.options import CHOOSABLE, QueueOptions
from core.review.queues import ranking
from core.review.queues.pool import UNDECIDED, Pool
from core.review.queues.ranking import choose_faces, farthest_first, mix
from core.review.queues.stacking import stack_faces
from models import Label, ReviewReason

ROWS = (
    (0.9, 0.06, 0.03, 0.01),
    (0.48, 0.46, 0.05, 0.01),
    (0.1, 0.2, 0.65, 0.05),
    (0.6, 0.3, 0.08, 0.02),
    (np.nan, np.nan, np.nan, np.nan),
    (0.05, 0.9, 0.03, 0.02),
)


def pool_of(rows: object = ROWS, **changes: object) -> Pool:
    probabilities = np.array(rows, np.float32).reshape(-1, 4)
    count = len(probabilities)
    values = {
        "faces": np.arange(10, 10 + count),
        "probabilities": probabilities,
        "decided": np.full(count, UNDECIDED, np.int8),
        "distance": np.zeros(count, np.float32),
        "flagged": np.zeros(count, bool),
        "waiting": np.zeros(count, bool),
    }
    return Pool(**(values | changes))


def test_the_smallest_gap_comes_first_and_unjudged_faces_never() -> None:
    assert ranking.uncertain(pool_of()).tolist() == [1, 3, 2, 0, 5]


def test_decided_and_elsewhere_waiting_faces_are_left_out() -> None:
    decided = np.array([0, -1, -1, -1, -1, -1], np.int8)
    waiting = np.array([False, True, False, False, False, False])
    pool = pool_of(decided=decided, waiting=waiting)
    assert ranking.uncertain(pool).tolist() == [3, 2, 5]
    assert ranking.in_order(pool).tolist() == [2, 3, 4, 5]
    assert sorted(ranking.in_random_order(pool, 1).tolist()) == [2, 3, 4, 5]
    assert ranking.decided_before(pool).tolist() == [0]


def test_chance_is_the_same_for_the_same_seed() -> None:
    many = pool_of([ROWS[0]] * 50)
    assert ranking.in_random_order(many, 3).tolist() == ranking.in_random_order(many, 3).tolist()
    assert ranking.in_random_order(many, 3).tolist() != ranking.in_random_order(many, 4).tolist()


def test_disagreement_rare_flagged_and_again() -> None:
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


def test_shares_hold_at_every_length_and_an_order_that_ends_leaves_its_share() -> None:
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


def judged(truth: object, decided: object) -> ScoredFaces:
    draw = np.random.default_rng(5)
    count = len(truth)
    probabilities = np.full((count, 4), 0.03)
    probabilities[np.arange(count), truth] = 0.91
    probabilities += draw.random((count, 4)) * 0.02
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return ScoredFaces(
        faces=np.arange(10, 10 + count), decided=decided, probabilities=probabilities, out_of_sample=True
    )


def test_cleanlab_finds_the_labels_that_were_swapped_as_far_as_the_queue_may_have_them() -> None:
    truth = np.arange(200) % 3
    decided = truth.astype(np.int8)
    swapped = [7, 60, 121, 180]
    decided[swapped] = (decided[swapped] + 1) % 3
    faces = judged(truth, decided)
    everything = pool_of([ROWS[0]] * 200, decided=decided)
    assert set(label_errors(everything, faces).tolist()) == set(swapped)
    narrowed = pool_of([ROWS[0]] * 100, faces=np.arange(60, 160), waiting=np.arange(60, 160) == 131)
    assert label_errors(narrowed, faces).tolist() == [60 + 10 - 60]
    assert label_errors(pool_of([]), faces).tolist() == []
    assert label_errors(everything, judged(truth, np.zeros(200, np.int8))).tolist() == []


def test_heads_that_have_not_seen_a_label_tell_that_it_is_wrong() -> None:
    draw = np.random.default_rng(7)
    truth = np.arange(240) % 3
    rows = (2.0 * np.eye(3)[truth].repeat(20, axis=1) + draw.normal(size=(240, 60))).astype(np.float32)
    labels = truth.astype(np.int8)
    wrong = draw.choice(240, 12, replace=False)
    labels[wrong] = (labels[wrong] + 1) % 3
    folds = []
    found = cross_validate(rows, labels, np.arange(240) // 2, seed=1, before_each=lambda: folds.append(1))
    assert len(folds) == FOLDS
    assert np.allclose(found.sum(axis=1), 1)
    assert (found.argmax(axis=1) == truth)[wrong].mean() > 0.9
    assert not found[:, 3].any(), "nobody has decided that label"


def test_no_head_learns_from_a_twin_of_the_face() -> None:
    """Faces that say nothing of their label but by their twin: a head that saw the twin would know."""
    rows = np.eye(100, dtype=np.float32).repeat(2, axis=0) * 50
    labels = np.random.default_rng(3).integers(0, 2, 100).astype(np.int8).repeat(2)
    apart = np.arange(200)
    known = cross_validate(rows, labels, apart, seed=1, before_each=lambda: None).argmax(axis=1) == labels
    kept = cross_validate(rows, labels, apart // 2, seed=1, before_each=lambda: None).argmax(axis=1) == labels
    assert known.mean() > 0.75
    assert kept.mean() < 0.65


def test_the_farthest_comes_next() -> None:
    cluster = np.array([[1, 0, 0], [1, 0.01, 0], [0, 1, 0], [0.01, 1, 0], [0, 0, 1]], float)
    assert {0, 1} & set(farthest_first(cluster, 3).tolist())
    assert {2, 3} & set(farthest_first(cluster, 3).tolist())
    assert 4 in farthest_first(cluster, 3)
    assert sorted(farthest_first(cluster, 9).tolist()) == [0, 1, 2, 3, 4]
    assert farthest_first(np.empty((0, 3)), 2).tolist() == []


def test_near_hashes_of_one_label_are_stacked_and_never_through_a_chain() -> None:
    base = np.uint64(0x0123_4567_89AB_CDEF)
    hashes = np.array(
        [
            (base, base),
            (base ^ np.uint64(0b11), base),
            (base ^ np.uint64(0b11111), base),
            (base, base ^ np.uint64(0xFF)),
            (base, base),
        ],
        np.uint64,
    )
    groups = [Label.WITH_MASK] * 4 + [Label.INCORRECT]
    # The third is near the second alone, which stands for nobody.
    assert stack_faces(hashes, groups).tolist() == [0, 0, 2, 3, 4]


def test_stacks_equal_those_of_looking_at_every_pair() -> None:
    draw = np.random.default_rng(2)
    base = draw.integers(0, 2**63, (40, 2), dtype=np.uint64)
    flips = np.array([1 << bit for bit in draw.integers(0, 64, 200).tolist()], np.uint64)
    hashes = np.repeat(base, 5, axis=0)
    hashes[:, 0] ^= flips
    leaders = stack_faces(hashes, [0] * len(hashes))
    for index in range(len(hashes)):
        differing = np.bitwise_count(hashes[:index] ^ hashes[index])
        near = [i for i in np.flatnonzero((differing <= 3).all(axis=1)) if leaders[i] == i]
        assert leaders[index] == (near[0] if near else index)


@pytest.mark.parametrize("shares", [{}, {ReviewReason.UNCERTAIN: 101}, {ReviewReason.GOLD: 10}])
def test_shares_that_make_no_sense_are_refused(shares: dict[ReviewReason, int]) -> None:
    with pytest.raises(Exception, match=r"share|kind of face"):
        QueueOptions(shares=shares)


def test_options_survive_being_stored() -> None:
    options = QueueOptions(job_id=3, label=Label.INCORRECT, show_guess=True, host="example.org")
    assert QueueOptions.from_json(options.to_json() | {"of another version": 1}) == options


def test_every_kind_of_face_can_be_asked_for() -> None:
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
