"""Decided labels that are likely wrong, by confident learning (cleanlab)."""

import warnings

import numpy as np

from core.errors import PermanentError
from core.review.pool import LABELS, UNDECIDED, Pool
from core.review.ranking import Order


def label_errors(pool: Pool) -> Order:
    """Decided faces whose label cleanlab holds for an error, the likeliest error first.

    Confident learning compares how often each decided label meets each predicted one. Needs at least two
    labels among the decided faces. PermanentError review_extra_missing where cleanlab is not installed.
    """
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise PermanentError(
            "review_extra_missing",
            "Likely label errors and kappas need further packages: pip install 'maskloop[review]'.",
        ) from error
    chosen = np.flatnonzero((pool.decided != UNDECIDED) & pool.judged & ~pool.waiting)
    present = np.unique(pool.decided[chosen])
    if len(present) < 2:
        return chosen[:0]
    labels = np.searchsorted(present, pool.decided[chosen])
    kept = pool.probabilities[chosen][:, present].astype(np.float64)
    with warnings.catch_warnings():
        # It remarks on labels without enough faces, which then have no issue.
        warnings.simplefilter("ignore")
        issues = find_label_issues(
            labels,
            _normalised(kept),
            return_indices_ranked_by="self_confidence",
            filter_by="both" if len(chosen) > 5 * len(LABELS) else "predicted_neq_given",
            n_jobs=1,
        )
    return chosen[np.asarray(issues, np.int64)]


def _normalised(probabilities: np.ndarray) -> np.ndarray:
    """Rows that sum to 1 over the labels that were decided at all."""
    floored = np.maximum(probabilities, 1e-9)
    return floored / floored.sum(axis=1, keepdims=True)
