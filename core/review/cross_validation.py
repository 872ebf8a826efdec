"""Probabilities of labels from heads that have not seen them: fitted on the other faces, fold by fold."""

import warnings
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.review.extra import missing_extra
from core.review.pool import LABELS

FOLDS = 5
#: Inverse strength of the penalty on the head's weights, chosen where flipped labels were found best among
#: 100 to 2,375 faces: `python -m benchmarks.label_errors`.
_INVERSE_PENALTY = 0.003
_MOST_STEPS = 300


def cross_validate(
    rows: NDArray[np.float32],
    labels: NDArray[np.int8],
    groups: NDArray[np.int64],
    *,
    seed: int,
    before_each: Callable[[], object],
) -> NDArray[np.float64]:
    """Probabilities (n, 4) of features (n, d), each by a linear head fitted on the other folds.

    Faces of one group share a fold, so that no head learns a face from its own twin. PermanentError
    review_extra_missing where scikit-learn is not installed.
    """
    folds = _folds(groups, seed)
    probabilities = np.zeros((len(rows), len(LABELS)))
    for fold in range(FOLDS):
        before_each()
        own = folds == fold
        if own.any():
            probabilities[own] = fit_and_judge(rows[~own], labels[~own], rows[own])
    return probabilities


def _folds(groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Each face's fold; groups are dealt out in a drawn order."""
    names, place = np.unique(groups, return_inverse=True)
    fold_of = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    return np.asarray(fold_of[place], np.int64)


def fit_and_judge(
    rows: NDArray[np.float32],
    labels: NDArray[np.int8],
    judged: NDArray[np.float32],
    *,
    inverse_penalty: float = _INVERSE_PENALTY,
) -> NDArray[np.float64]:
    """Probabilities (m, 4) of features (m, d) by a linear head that is fitted on others (n, d)."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise missing_extra() from error
    probabilities = np.zeros((len(judged), len(LABELS)))
    present = np.unique(labels)
    if len(present) < 2:
        probabilities[:, present] = 1
        return probabilities
    with warnings.catch_warnings():
        # It remarks on a head that the steps did not bring quite to its end.
        warnings.simplefilter("ignore")
        head = LogisticRegression(C=inverse_penalty, max_iter=_MOST_STEPS).fit(rows, labels)
    probabilities[:, head.classes_] = head.predict_proba(judged)
    return probabilities
