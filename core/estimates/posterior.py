"""The distribution of the true labels of undecided faces, given the audited ones.

For each cell (stratum and predicted label), the true labels of its faces follow a multinomial with unknown
shares. The x An audit of all faces therefore leaves no uncertainty.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates.evidence import AuditedFace, Evidence
from models.label import CHOICES, Choice, Label, NoLabel

#: Draws of the posterior; more change the third digit of an interval.
DRAWS = 4000
#: Faces per label that the prior is worth, over all cells together.
PRIOR_FACES = 0.5
_CHOICES: tuple[Choice, ...] = CHOICES
_CANNOT_TELL = _CHOICES.index(NoLabel.CANNOT_TELL)

Cell = tuple[str, Label | None]


@dataclass(frozen=True, kw_only=True)
class AuditCounts:
    """Faces and audited faces of c cells; columns are CHOICES, labels first, then "can't tell"."""

    #: Place of each cell's predicted label in CHOICES, that of "can't tell" for none; int64 (c,).
    predicted: NDArray[np.int64]
    #: float64 (c,): mean probability of the predicted label.
    confidence: NDArray[np.float64]
    #: float64 (c,): faces of each cell, audited ones too.
    faces: NDArray[np.float64]
    #: float64 (c, 5): audited faces by what people said.
    audited: NDArray[np.float64]
    #: float64 (c, 5): shares of what people said, each audited face weighted by what it stands for.
    shares: NDArray[np.float64]
    #: float64 (c,): independent faces that the audited ones are worth.
    effective: NDArray[np.float64]

    @property
    def unknown(self) -> NDArray[np.float64]:
        """Faces of each cell that nobody decided, float64 (c,)."""
        return self.faces - self.audited.sum(axis=1)


def count_audit(evidence: Evidence) -> AuditCounts:
    """Count the audit by cell; a cell without audited faces joins the others of its predicted label."""
    cells = _merged_cells(evidence)
    names = sorted(set(cells.values()), key=str)
    row_of = {cell: names.index(name) for cell, name in cells.items()}
    faces, sure = np.zeros(len(names)), np.zeros(len(names))
    for cell in evidence.population:
        row = row_of[cell.stratum, cell.predicted]
        faces[row] += cell.faces
        sure[row] += cell.faces * cell.confidence
    places = [_CANNOT_TELL if label is None else _CHOICES.index(label) for _, label in names]
    return counts_of(
        predicted=np.array(places, np.int64),
        confidence=sure / np.maximum(faces, 1),
        faces=faces,
        rows=np.array([row_of[face.stratum, face.predicted] for face in evidence.audited], np.int64),
        said=np.array([_CHOICES.index(face.decided) for face in evidence.audited], np.int64),
        chances=np.array([face.chance for face in evidence.audited], np.float64),
        photos=_numbers(evidence.audited),
    )


def counts_of(
    *,
    predicted: NDArray[np.int64],
    confidence: NDArray[np.float64],
    faces: NDArray[np.float64],
    rows: NDArray[np.int64],
    said: NDArray[np.int64],
    chances: NDArray[np.float64],
    photos: NDArray[np.int64],
) -> AuditCounts:
    """Counts of c cells and n audited faces; `rows` is the cell of each face, `said` its place in CHOICES."""
    size = len(faces)
    audited = np.zeros((size, len(_CHOICES)))
    np.add.at(audited, (rows, said), 1)
    scale = np.bincount(rows, 1 / chances, minlength=size) / np.maximum(faces, 1)
    # How many faces that nobody audited each audited face stands for.
    weights = np.maximum(1 / chances / scale[rows] - 1, 0.0) if len(rows) else np.zeros(0)
    weighted = np.zeros((size, len(_CHOICES)))
    np.add.at(weighted, (rows, said), weights)
    sums = weighted.sum(axis=1)
    squares = np.bincount(rows, weights**2, minlength=size)
    effective = np.divide(sums**2, squares, out=np.zeros(size), where=squares > 0)
    shares = np.divide(weighted, sums[:, None], out=np.zeros_like(weighted), where=sums[:, None] > 0)
    effective = effective / design_effect(shares, rows, said, weights, photos)
    return AuditCounts(
        predicted=predicted,
        confidence=confidence,
        faces=faces,
        audited=audited,
        shares=shares,
        effective=effective,
    )


def design_effect(
    shares: NDArray[np.float64],
    rows: NDArray[np.int64],
    said: NDArray[np.int64],
    weights: NDArray[np.float64],
    photos: NDArray[np.int64],
) -> float:
    """How much larger the variance is because faces of one photo are alike; at least 1."""
    if not len(rows):
        return 1.0
    errors = weights[:, None] * (np.eye(len(_CHOICES))[said] - shares[rows])
    _, photo = np.unique(photos, return_inverse=True)
    by_photo = np.zeros((int(photo.max()) + 1, len(_CHOICES)))
    np.add.at(by_photo, photo, errors)
    alone = float((errors**2).sum())
    return max(1.0, float((by_photo**2).sum()) / alone) if alone > 0 else 1.0


def draw_totals(counts: AuditCounts, *, draws: int = DRAWS, seed: int = 1) -> NDArray[np.float64]:
    """Faces of each of CHOICES among the undecided faces, float64 (draws, 5), audited ones included."""
    rng = np.random.default_rng(seed)
    alive = counts.unknown > 0
    known = counts.audited.sum(axis=0)
    if not alive.any():
        return np.tile(known, (draws, 1))
    shapes = counts.shares[alive] * counts.effective[alive, None] + _prior(counts)[alive]
    gammas = rng.standard_gamma(np.broadcast_to(shapes, (draws, *shapes.shape)))
    shares = gammas / np.maximum(gammas.sum(axis=2, keepdims=True), 1e-300)
    unknown = np.rint(counts.unknown[alive]).astype(np.int64)
    return known + rng.multinomial(unknown, shares).sum(axis=1)


def mean_totals(counts: AuditCounts) -> NDArray[np.float64]:
    """The estimated faces of each of CHOICES among the undecided faces, float64 (5,), without the prior."""
    none = counts.effective == 0
    prior = _prior(counts)
    fallback = prior / np.maximum(prior.sum(axis=1, keepdims=True), 1e-300)
    shares = np.where(none[:, None], fallback, counts.shares)
    return np.asarray(counts.audited.sum(axis=0) + counts.unknown @ shares)


def _prior(counts: AuditCounts) -> NDArray[np.float64]:
    """Pseudo-faces (c, 5); nobody is expected to say "can't tell" before somebody does."""
    size = counts.faces / max(counts.faces.sum(), 1.0)
    prior = np.repeat(PRIOR_FACES * size[:, None], len(_CHOICES), axis=1)
    if not counts.audited[:, _CANNOT_TELL].any():
        prior[:, _CANNOT_TELL] = 0
    return prior


def _merged_cells(evidence: Evidence) -> dict[Cell, Cell]:
    """The cell that each cell is counted in."""
    cells = {(cell.stratum, cell.predicted) for cell in evidence.population}
    audited = {(face.stratum, face.predicted) for face in evidence.audited}
    alone = {predicted for _, predicted in cells - audited}
    return {cell: ("", cell[1]) if cell[1] in alone else cell for cell in cells}


def _numbers(audited: Sequence[AuditedFace]) -> NDArray[np.int64]:
    return np.array([face.photo for face in audited], np.int64)
