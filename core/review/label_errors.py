"""Decided labels that are likely wrong, by confident learning (cleanlab)."""

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.review.cross_validation import FOLDS
from core.review.extra import missing_extra
from core.review.pool import Pool
from core.review.ranking import Order

#: With fewer faces, confident learning has too little to estimate how often labels are mixed up.
_LEAST_ESTIMATED = 20


@dataclass(frozen=True, kw_only=True)
class JudgedFaces:
    """Decided faces with probabilities, all arrays of one length n; indexes into `LABELS` are labels."""

    #: int64 (n,).
    faces: NDArray[np.int64]
    #: int8 (n,).
    decided: NDArray[np.int8]
    #: float64 (n, 4).
    probabilities: NDArray[np.float64]
    #: What judged a face has not learned it; otherwise the champion judged, which may have.
    out_of_sample: bool

    def __post_init__(self) -> None:
        if not len(self.faces) == len(self.decided) == len(self.probabilities):
            raise ValueError("the arrays of judged faces have one length")

    def words(self, errors: int) -> str:
        """How far the errors that were found can be trusted, for people."""
        if self.out_of_sample:
            how = f"each by a head that has not learned it ({FOLDS} folds)"
        else:
            how = (
                "by the champion, since too few are decided for heads of their own. It may have learned "
                "these very decisions, and then it misses most errors"
            )
        return f"Likely wrong: {errors:,}. Judged were {len(self.faces):,} decided faces, {how}."


def label_errors(pool: Pool, judged: JudgedFaces) -> Order:
    """Faces of the pool whose decided label is likely wrong, the likeliest error first."""
    errors = find_label_errors(judged)
    at = np.minimum(np.searchsorted(pool.faces, errors), len(pool.faces) - 1)
    at = at[pool.faces[at] == errors] if len(pool.faces) else at[:0]
    return at[~pool.waiting[at]]


def find_label_errors(judged: JudgedFaces) -> NDArray[np.int64]:
    """Faces whose label cleanlab holds for an error, the likeliest error first.

    Confident learning compares how often each decided label meets each predicted one. Needs at least two
    labels. PermanentError review_extra_missing where cleanlab is not installed.
    """
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise missing_extra() from error
    present = np.unique(judged.decided)
    if len(present) < 2:
        return judged.faces[:0]
    with warnings.catch_warnings():
        # It remarks on labels without enough faces, which then have no issue.
        warnings.simplefilter("ignore")
        issues = find_label_issues(
            np.searchsorted(present, judged.decided),
            _normalised(judged.probabilities[:, present]),
            return_indices_ranked_by="self_confidence",
            filter_by="both" if len(judged.faces) > _LEAST_ESTIMATED else "predicted_neq_given",
            n_jobs=1,
        )
    return judged.faces[np.asarray(issues, np.int64)]


def _normalised(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows that sum to 1 over the labels that were decided at all."""
    floored = np.maximum(probabilities, 1e-9)
    return floored / floored.sum(axis=1, keepdims=True)
