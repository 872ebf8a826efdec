"""Audited faces counted by cell: what people said of each stratum and predicted label."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.estimates.evidence import Evidence
from models.label import CHOICES, Choice, Label, NoLabel

#: Columns of all tables here: the labels, then "can't tell".
COLUMNS: tuple[Choice, ...] = CHOICES
_UNPREDICTED = COLUMNS.index(NoLabel.CANNOT_TELL)

Cell = tuple[str, Label | None]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class AuditCounts:
    """Faces and audited faces of c cells; tables of 5 columns have those of COLUMNS."""

    #: Column of each cell's predicted label, that of "can't tell" for none; int64 (c,).
    predicted: Ints
    #: float64 (c,): mean probability of the predicted label.
    confidence: Floats
    #: float64 (c,): faces of each cell, audited ones too.
    faces: Floats
    #: float64 (c, 5): audited faces by what people said.
    audited: Floats
    #: float64 (c, 5): shares of what people said, each audited face weighted by what it stands for.
    shares: Floats
    #: float64 (c,): independent faces that the audited ones are worth.
    effective: Floats

    @property
    def unknown(self) -> Floats:
        """Faces of each cell that nobody decided, float64 (c,)."""
        return self.faces - self.audited.sum(axis=1)

    @property
    def estimated(self) -> Floats:
        """The estimated faces of each column, float64 (5,); a cell without audited faces as predicted."""
        as_predicted = np.eye(len(COLUMNS))[self.predicted]
        shares = np.where(self.effective[:, None] > 0, self.shares, as_predicted)
        return np.asarray(self.audited.sum(axis=0) + self.unknown @ shares)


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
    places = [_UNPREDICTED if label is None else COLUMNS.index(label) for _, label in names]
    rows = np.array([row_of[face.stratum, face.predicted] for face in evidence.audited], np.int64)
    said = np.array([COLUMNS.index(face.decided) for face in evidence.audited], np.int64)
    weights = _weights(evidence, rows, faces)
    audited, weighted = np.zeros((len(names), len(COLUMNS))), np.zeros((len(names), len(COLUMNS)))
    np.add.at(audited, (rows, said), 1)
    np.add.at(weighted, (rows, said), weights)
    shares = _divide(weighted, weighted.sum(axis=1)[:, None])
    photos = np.array([face.photo for face in evidence.audited], np.int64)
    squares = np.bincount(rows, weights**2, minlength=len(names)).astype(np.float64)
    return AuditCounts(
        predicted=np.array(places, np.int64),
        confidence=sure / np.maximum(faces, 1),
        faces=faces,
        audited=audited,
        shares=shares,
        effective=_divide(weighted.sum(axis=1) ** 2, squares)
        / design_effect(np.eye(len(COLUMNS))[said] - shares[rows], weights, photos),
    )


def design_effect(errors: Floats, weights: Floats, photos: Ints) -> float:
    """How much larger the variance of n audited faces is because faces of one photo are alike; at least 1.

    `errors` (n, 5) are what was said of each less the shares of its cell. Sums over photos are compared with
    single faces, as in the linearised variance of cluster samples.
    """
    weighted = weights[:, None] * errors
    alone = float((weighted**2).sum())
    if alone <= 0:
        return 1.0
    _, photo = np.unique(photos, return_inverse=True)
    by_photo = np.zeros((int(photo.max()) + 1, errors.shape[1]))
    np.add.at(by_photo, photo, weighted)
    return max(1.0, float((by_photo**2).sum()) / alone)


def _weights(evidence: Evidence, rows: Ints, faces: Floats) -> Floats:
    """How many faces that nobody audited each audited face stands for, float64 (n,)."""
    inverse = np.array([1 / face.chance for face in evidence.audited], np.float64)
    scale = _divide(faces, np.bincount(rows, inverse, minlength=len(faces)).astype(np.float64))
    return np.asarray(np.maximum(inverse * scale[rows] - 1, 0.0))


def _merged_cells(evidence: Evidence) -> dict[Cell, Cell]:
    """The cell that each cell is counted in."""
    cells = {(cell.stratum, cell.predicted) for cell in evidence.population}
    audited = {(face.stratum, face.predicted) for face in evidence.audited}
    alone = {predicted for _, predicted in cells - audited}
    return {cell: ("", cell[1]) if cell[1] in alone else cell for cell in cells}


def _divide(one: Floats, other: Floats) -> Floats:
    """one / other, 0 where `other` is 0."""
    one, other = np.broadcast_arrays(one, other)
    return np.divide(one, other, out=np.zeros(one.shape), where=other > 0)
