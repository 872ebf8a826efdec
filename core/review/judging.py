"""Judge decided faces by heads that have not learned them, or by the champion where too few are decided."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from core.review.cross_validation import FOLDS, cross_validate
from core.review.label_errors import JudgedFaces
from core.review.pool import UNDECIDED, Pool
from core.review.store_decided import read_decided_faces, read_groups
from core.review.vectors import face_vectors
from core.settings import Settings

#: Decided faces that heads need in all, and how many are judged at most: their vectors take 100 MB.
_LEAST, _MOST = 50, 20_000


def judge_decided(
    session: Session, settings: Settings, pool: Pool, *, seed: int, progress: Callable[[int, int], object]
) -> JudgedFaces:
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
    return JudgedFaces(faces=vectors.faces, decided=decided, probabilities=probabilities, out_of_sample=True)


def _by_champion(pool: Pool) -> JudgedFaces:
    chosen: NDArray[np.intp] = np.flatnonzero((pool.decided != UNDECIDED) & pool.judged & ~pool.waiting)
    return JudgedFaces(
        faces=pool.faces[chosen],
        decided=pool.decided[chosen],
        probabilities=pool.probabilities[chosen].astype(np.float64),
        out_of_sample=False,
    )
