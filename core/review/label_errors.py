"""Find decided labels that are likely wrong: cross-validated probabilities, then confident learning."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from core.review.extra import missing_extra
from core.review.queues.face_vectors import face_vectors
from core.review.queues.pool import LABELS, UNDECIDED, Pool
from core.review.queues.queries import read_decided_faces, read_groups
from core.review.queues.ranking import Order
from core.settings import Settings

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
            probabilities[own] = fit_and_predict(rows[~own], labels[~own], rows[own])
    return probabilities


def _folds(groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Each face's fold; groups are dealt out in a drawn order."""
    names, place = np.unique(groups, return_inverse=True)
    fold_of = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    return np.asarray(fold_of[place], np.int64)


def fit_and_predict(
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


#: With fewer faces, confident learning has too little to estimate how often labels are mixed up.
_LEAST_ESTIMATED = 20


@dataclass(frozen=True, kw_only=True)
class ScoredFaces:
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


def label_errors(pool: Pool, judged: ScoredFaces) -> Order:
    """Faces of the pool whose decided label is likely wrong, the likeliest error first."""
    errors = find_label_errors(judged)
    at = np.minimum(np.searchsorted(pool.faces, errors), len(pool.faces) - 1)
    at = at[pool.faces[at] == errors] if len(pool.faces) else at[:0]
    return at[~pool.waiting[at]]


def find_label_errors(judged: ScoredFaces) -> NDArray[np.int64]:
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


#: Decided faces that heads need in all, and how many are judged at most: their vectors take 100 MB.
_LEAST, _MOST = 50, 20_000


def score_decided_faces(
    session: Session, settings: Settings, pool: Pool, *, seed: int, progress: Callable[[int, int], object]
) -> ScoredFaces:
    """Decided faces of the pool with probabilities.

    The heads also learn from decided faces outside the pool, so that one reviewer's habits, or one job's, are
    measured by everybody's. Where there are more than can be judged, chance chooses, the pool's first.
    Vectors are those of the classifier that ships, whose network has never learned a decision made here.
    """
    faces, labels = read_decided_faces(session)
    wanted = np.isin(faces, pool.faces[(pool.decided != UNDECIDED) & ~pool.waiting])
    order = np.random.default_rng(seed).permutation(len(faces))
    order = order[np.argsort(~wanted[order], kind="stable")][:_MOST]
    vectors = face_vectors(session, settings, faces[order].tolist(), progress=progress)
    groups = read_groups(session, vectors.faces)
    if len(vectors.faces) < _LEAST or len(np.unique(groups)) < FOLDS:
        return _by_champion(pool)
    decided = labels[np.searchsorted(faces, vectors.faces)]
    probabilities = cross_validate(
        vectors.rows,
        decided,
        groups,
        seed=seed,
        before_each=lambda: progress(len(decided), len(decided)),
    )
    return ScoredFaces(faces=vectors.faces, decided=decided, probabilities=probabilities, out_of_sample=True)


def _by_champion(pool: Pool) -> ScoredFaces:
    chosen: NDArray[np.intp] = np.flatnonzero((pool.decided != UNDECIDED) & pool.judged & ~pool.waiting)
    return ScoredFaces(
        faces=pool.faces[chosen],
        decided=pool.decided[chosen],
        probabilities=pool.probabilities[chosen].astype(np.float64),
        out_of_sample=False,
    )
