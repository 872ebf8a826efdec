"""Finding decisions that are likely wrong."""

import numpy as np

from core.review.label_errors import FOLDS, ScoredFaces, cross_validate, label_errors
from tests.unit.review.pools import ROWS, pool_of


def scored(truth: object, decided: object) -> ScoredFaces:
    draw = np.random.default_rng(5)
    count = len(truth)
    probabilities = np.full((count, 4), 0.03)
    probabilities[np.arange(count), truth] = 0.91
    probabilities += draw.random((count, 4)) * 0.02
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    return ScoredFaces(
        faces=np.arange(10, 10 + count), decided=decided, probabilities=probabilities, out_of_sample=True
    )


def test_swapped_labels_of_the_pool_are_found() -> None:
    truth = np.arange(200) % 3
    decided = truth.astype(np.int8)
    swapped = [7, 60, 121, 180]
    decided[swapped] = (decided[swapped] + 1) % 3
    faces = scored(truth, decided)
    everything = pool_of([ROWS[0]] * 200, decided=decided)
    assert set(label_errors(everything, faces).tolist()) == set(swapped)
    narrowed = pool_of([ROWS[0]] * 100, faces=np.arange(60, 160), waiting=np.arange(60, 160) == 131)
    assert label_errors(narrowed, faces).tolist() == [60 + 10 - 60]
    assert label_errors(pool_of([]), faces).tolist() == []
    assert label_errors(everything, scored(truth, np.zeros(200, np.int8))).tolist() == []


def test_heads_not_fitted_on_a_wrong_label_contradict_it() -> None:
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


def test_near_duplicates_do_not_leak_between_folds() -> None:
    """Faces that say nothing of their label but by their twin: a head that saw the twin would know."""
    rows = np.eye(100, dtype=np.float32).repeat(2, axis=0) * 50
    labels = np.random.default_rng(3).integers(0, 2, 100).astype(np.int8).repeat(2)
    apart = np.arange(200)
    known = cross_validate(rows, labels, apart, seed=1, before_each=lambda: None).argmax(axis=1) == labels
    kept = cross_validate(rows, labels, apart // 2, seed=1, before_each=lambda: None).argmax(axis=1) == labels
    assert known.mean() > 0.75
    assert kept.mean() < 0.65
