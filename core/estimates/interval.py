"""The 95% interval of a share, given the audited faces.

The true labels of a cell's undecided faces get a Dirichlet posterior: the audited faces, and no prior but a
part of a pseudo-face. For the lower end it counts against the label, for the upper end for it, as in the
intervals of Clopper and Pearson (where it is a whole face) and in Walley's imprecise Dirichlet model. It is
spread over the cells by how much a face there moves the share. What is audited or decided counts as it is, so
that an audit of all faces leaves no width.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import ceil, floor

import numpy as np

from core.estimates.counts import COLUMNS, AuditCounts, Floats
from models.label import Label

#: The labels of people, in the order of reports.
PEOPLE = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.INCORRECT)
#: Pseudo-faces at each end, chosen by measurement (docs/estimates.md): fewer give too little coverage where
#: no error was seen, more give wider intervals.
PSEUDO_FACES = 0.5
#: Draws of the posterior; the ends of an interval are then within 3% of its half-width.
DRAWS = 2000
#: A gamma draw below this is nothing: division by it would overflow.
_LEAST_DRAWN = 1e-280
#: Part of a face that rounding errors of the computation may make.
_ROUNDING = 1e-6
_PEOPLE = [COLUMNS.index(label) for label in PEOPLE]
_ENDS = (0.025, 0.975)


@dataclass(frozen=True, kw_only=True)
class MoreFaces:
    """Faces of PEOPLE to add to each draw, float64 (draws, 3): few and many, for the two ends."""

    few: Floats
    many: Floats


def people_shares(totals: Floats) -> Floats:
    """Shares (3,) of PEOPLE from totals (5,) of COLUMNS; NaN where there are no people."""
    people = totals[_PEOPLE]
    return np.asarray(people / people.sum() if people.sum() > 0 else np.full(len(people), np.nan))


def share_intervals(
    counts: AuditCounts,
    decided: Floats,
    *,
    labels: Sequence[Label] = PEOPLE,
    more: MoreFaces | None = None,
    draws: int = DRAWS,
) -> list[tuple[float, float]]:
    """The ends of the interval of each label's share; (0, 1) where nobody is there to count.

    `decided` (5,) are the faces decided outside the audit.
    """
    known = decided + counts.audited.sum(axis=0)
    estimated = people_shares(decided + counts.estimated)
    if np.isnan(estimated).any():
        return [(0.0, 1.0)] * len(labels)
    posterior = _Posterior(counts, known, draws)
    ends = [
        posterior.interval(COLUMNS.index(label), float(estimated[PEOPLE.index(label)]), more)
        for label in labels
    ]
    if not counts.unknown.sum() > 0:
        return ends
    people = float((decided + counts.estimated)[_PEOPLE].sum())
    whole = [_to_whole_faces(low, high, people) for low, high in ends]
    if more is not None:
        return whole
    return [
        _within(end, *_possible(known, float(counts.unknown.sum()), COLUMNS.index(label)))
        for end, label in zip(whole, labels, strict=True)
    ]


class _Posterior:
    """Draws of the undecided faces of c cells."""

    def __init__(self, counts: AuditCounts, known: Floats, draws: int) -> None:
        alive = counts.unknown > 0
        self._known = known
        self._unknown = counts.unknown[alive]
        self._shares = counts.shares[alive]
        effective = counts.effective[alive]
        self._scale = _finite_scale(effective, self._unknown)
        self._rng = np.random.default_rng(1)
        shapes = self._shares * (effective * self._scale)[:, None]
        #: (draws, c, 5)
        self._drawn = self._rng.standard_gamma(np.broadcast_to(shapes, (draws, *shapes.shape)))
        self._drawn_people = self._drawn[:, :, _PEOPLE].sum(axis=2)
        self._drawn_whole = self._drawn.sum(axis=2)

    def interval(self, column: int, estimated: float, more: MoreFaces | None) -> tuple[float, float]:
        """The ends for the label of a column whose share is estimated."""
        low, high = self._draw_ends(column, estimated, more)
        return float(np.quantile(low, _ENDS[0])), float(np.quantile(high, _ENDS[1]))

    def _draw_ends(self, column: int, estimated: float, more: MoreFaces | None) -> Iterator[Floats]:
        """Draws of the share with the pseudo-faces against the label, and with them for it, (draws,) each."""
        label = self._shares[:, column]
        others = self._shares[:, _PEOPLE].sum(axis=1) - label
        against = estimated * (1 - others) + (1 - estimated) * label
        favour = (1 - estimated) * (1 - label) + estimated * others
        for is_upper, influence in enumerate((against, favour)):
            pseudo = self._pseudo_faces(influence)
            whole = self._drawn_whole + pseudo
            # A cell of which nothing was drawn may be anything: all of it counts as pseudo-faces do.
            is_drawn = whole > _LEAST_DRAWN
            faces = np.divide(self._unknown, whole, out=np.zeros_like(whole), where=is_drawn)
            extra = np.where(is_drawn, pseudo * faces, self._unknown).sum(axis=1)
            people = (self._drawn_people * faces).sum(axis=1) + self._known[_PEOPLE].sum() + extra
            mine = (self._drawn[:, :, column] * faces).sum(axis=1) + self._known[column] + is_upper * extra
            if more is not None:
                own, rest = (more.many, more.few) if is_upper else (more.few, more.many)
                mine = mine + own[:, column]
                people = people + own[:, column] + rest.sum(axis=1) - rest[:, column]
            yield mine / np.maximum(people, 1e-300)

    def _pseudo_faces(self, influence: Floats) -> Floats:
        """Gamma draws (draws, c) of PSEUDO_FACES, spread over the cells by faces times influence."""
        wanted = self._unknown * np.maximum(influence, 1e-6)
        shapes = PSEUDO_FACES * wanted / max(wanted.sum(), 1e-300) * self._scale
        return self._rng.standard_gamma(np.broadcast_to(shapes, self._drawn.shape[:2]))


def _to_whole_faces(low: float, high: float, people: float) -> tuple[float, float]:
    """The ends moved outwards to whole faces: the true share has no parts of a face, draws do.

    Where nearly all faces are audited, this is most of the interval.
    """
    least, most = floor(low * people + _ROUNDING), ceil(high * people - _ROUNDING)
    return max(0.0, least / people), min(1.0, most / people)


def _possible(known: Floats, unknown: float, column: int) -> tuple[float, float]:
    """The least and the largest share that a label can have: what is known of faces (5,) is so."""
    people, mine = float(known[_PEOPLE].sum()), float(known[column])
    everybody = max(people + unknown, 1e-300)
    return mine / everybody, 1 - (people - mine) / everybody


def _within(ends: tuple[float, float], least: float, most: float) -> tuple[float, float]:
    """The ends, moved inwards to what is possible."""
    return max(ends[0], least), min(ends[1], most)


def _finite_scale(effective: Floats, unknown: Floats) -> Floats:
    """By how much to shrink a Dirichlet posterior so that it varies as the shares of `unknown` faces do.

    The labels of u faces follow a Dirichlet-multinomial, whose shares have the variance of a Dirichlet with
    (n + 1) u / (n + u) - 1 faces in place of n.
    """
    size = np.maximum(effective, 0.5)
    return np.maximum(((size + 1) * unknown / (size + unknown) - 1) / size, 1e-9)
