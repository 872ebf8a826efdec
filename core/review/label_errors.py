"""Find decisions that are likely wrong: cross-validated probabilities, then confident learning."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from core.review.extra import missing_extra
from core.review.queues.face_vectors import face_vectors
from core.review.queues.pool import LABELS, Pool
from core.review.queues.queries import read_decided_faces, read_groups
from core.review.queues.ranking import Order
from core.settings import Settings

FOLDS = 5
#: Inverse regularisation strength of the linear head. It found most flipped labels among 100 to 2,375 faces:
#: `python -m benchmarks.label_errors`.
_INVERSE_PENALTY = 0.003
_MAX_ITERATIONS = 300


def cross_validate(
    rows: NDArray[np.float32],
    labels: NDArray[np.int8],
    groups: NDArray[np.int64],
    *,
    seed: int,
    before_each: Callable[[], object],
) -> NDArray[np.float64]:
    """Probabilities float64 (n, 4) for features (n, d), each by a linear head fitted on the other folds.

    Faces of one group share a fold, so that near-duplicates do not leak between folds. `before_each` is
    called before each fit and may raise. Raises PermanentError review_extra_missing without scikit-learn.
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
    """The fold of each face; groups are assigned to folds at random."""
    names, place = np.unique(groups, return_inverse=True)
    fold_of = np.random.default_rng(seed).permutation(len(names)) % FOLDS
    return np.asarray(fold_of[place], np.int64)


def fit_and_predict(
    rows: NDArray[np.float32],
    labels: NDArray[np.int8],
    targets: NDArray[np.float32],
    *,
    inverse_penalty: float = _INVERSE_PENALTY,
) -> NDArray[np.float64]:
    """Probabilities float64 (m, 4) for `targets` (m, d), by a linear head fitted on `rows` (n, d)."""
    try:
        from sklearn.linear_model import LogisticRegression
    except ImportError as error:
        raise missing_extra() from error
    probabilities = np.zeros((len(targets), len(LABELS)))
    present = np.unique(labels)
    if len(present) < 2:
        probabilities[:, present] = 1
        return probabilities
    with warnings.catch_warnings():
        # Not having converged after _MAX_ITERATIONS is good enough here.
        warnings.simplefilter("ignore")
        head = LogisticRegression(C=inverse_penalty, max_iter=_MAX_ITERATIONS).fit(rows, labels)
    probabilities[:, head.classes_] = head.predict_proba(targets)
    return probabilities


#: With fewer faces, confident learning cannot estimate how often labels are confused.
_MIN_FACES_TO_ESTIMATE = 20


@dataclass(frozen=True, kw_only=True)
class ScoredFaces:
    """Decided faces with predicted probabilities; labels are indexes into `LABELS`."""

    #: int64 (n,).
    faces: NDArray[np.int64]
    #: int8 (n,).
    decided: NDArray[np.int8]
    #: float64 (n, 4).
    probabilities: NDArray[np.float64]
    #: True if each face was predicted by a head not fitted on it; False if by the champion, which may have
    #: been trained on it.
    out_of_sample: bool

    def __post_init__(self) -> None:
        if not len(self.faces) == len(self.decided) == len(self.probabilities):
            raise ValueError("the arrays of scored faces differ in length")

    def summary(self, errors: int) -> str:
        """A sentence about how the errors were found, for the page of the queue."""
        if self.out_of_sample:
            how = f"each with a classifier head that was not fitted on it ({FOLDS} folds)"
        else:
            how = (
                "with the champion, because too few faces are decided to fit separate heads. The champion "
                "may have been trained on these decisions; it then misses most errors"
            )
        return f"Likely wrong: {errors:,}. Checked {len(self.faces):,} decided faces, {how}."


def label_errors(pool: Pool, scored: ScoredFaces) -> Order:
    """Indexes of pool faces whose decision is likely wrong, most likely errors first."""
    errors = find_label_errors(scored)
    at = np.minimum(np.searchsorted(pool.faces, errors), len(pool.faces) - 1)
    at = at[pool.faces[at] == errors] if len(pool.faces) else at[:0]
    return at[~pool.waiting[at]]


def find_label_errors(scored: ScoredFaces) -> NDArray[np.int64]:
    """Ids of faces whose decision is an error by cleanlab's confident learning, most likely errors first.

    Empty if fewer than two labels were decided. Raises PermanentError review_extra_missing without cleanlab.
    """
    try:
        from cleanlab.filter import find_label_issues
    except ImportError as error:
        raise missing_extra() from error
    present = np.unique(scored.decided)
    if len(present) < 2:
        return scored.faces[:0]
    with warnings.catch_warnings():
        # It warns about labels with too few faces, for which it finds no errors.
        warnings.simplefilter("ignore")
        issues = find_label_issues(
            np.searchsorted(present, scored.decided),
            _normalised(scored.probabilities[:, present]),
            return_indices_ranked_by="self_confidence",
            filter_by="both" if len(scored.faces) > _MIN_FACES_TO_ESTIMATE else "predicted_neq_given",
            n_jobs=1,
        )
    return scored.faces[np.asarray(issues, np.int64)]


def _normalised(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rows scaled to a sum of 1."""
    floored = np.maximum(probabilities, 1e-9)
    return floored / floored.sum(axis=1, keepdims=True)


#: Fewest decided faces to fit heads on, and most faces to check: the vectors of that many take 100 MB.
_MIN_FACES, _MAX_FACES = 50, 20_000


def score_decided_faces(
    session: Session, settings: Settings, pool: Pool, *, seed: int, progress: Callable[[int, int], object]
) -> ScoredFaces:
    """Decided faces of the pool with predicted probabilities.

    The heads are fitted on decided faces outside the pool too, so that the decisions of one reviewer or job
    are compared with everybody's. Of more than `_MAX_FACES` a random sample is taken, faces of the pool
    first. Feature vectors come from the shipped classifier, which was never trained on decisions made here.

    Takes the session because vectors of uncached faces are computed from photos that are read one by one.
    """
    faces, labels = read_decided_faces(session)
    wanted = np.isin(faces, pool.faces[pool.labelled & ~pool.waiting])
    order = np.random.default_rng(seed).permutation(len(faces))
    order = order[np.argsort(~wanted[order], kind="stable")][:_MAX_FACES]
    vectors = face_vectors(session, settings, faces[order].tolist(), progress=progress)
    groups = read_groups(session, vectors.faces)
    if len(vectors.faces) < _MIN_FACES or len(np.unique(groups)) < FOLDS:
        return _scored_by_champion(pool)
    decided = labels[np.searchsorted(faces, vectors.faces)]
    probabilities = cross_validate(
        vectors.rows,
        decided,
        groups,
        seed=seed,
        before_each=lambda: progress(len(decided), len(decided)),
    )
    return ScoredFaces(faces=vectors.faces, decided=decided, probabilities=probabilities, out_of_sample=True)


def _scored_by_champion(pool: Pool) -> ScoredFaces:
    chosen: NDArray[np.intp] = np.flatnonzero(pool.labelled & pool.predicted & ~pool.waiting)
    return ScoredFaces(
        faces=pool.faces[chosen],
        decided=pool.decided[chosen],
        probabilities=np.nan_to_num(pool.probabilities[chosen].astype(np.float64)),
        out_of_sample=False,
    )
