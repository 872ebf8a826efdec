"""Other intervals of corrected shares, which the coverage benchmark compares with those of the product."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from core.estimates.counts import COLUMNS, AuditCounts, count_audit
from core.estimates.evidence import Evidence
from core.estimates.interval import PEOPLE, share_intervals

#: The low and high ends, float64 (3,) each, of the shares of PEOPLE.
Ends = tuple[NDArray[np.float64], NDArray[np.float64]]
_Z = 1.959964
_RESAMPLES = 200
_PEOPLE = len(PEOPLE)


def product(evidence: Evidence) -> Ends:
    """What pages show."""
    low, high = np.array(share_intervals(count_audit(evidence), np.zeros(len(COLUMNS)))).T
    return low, high


def stratified_normal(evidence: Evidence) -> Ends:
    """The stratified prediction-powered estimate with a normal interval.

    Where predictions are constant in a stratum, "mean prediction plus mean error" (Angelopoulos and others,
    2023) is the stratified mean of what people said. The share among people is a ratio, linearised.
    """
    counts = count_audit(evidence)
    totals = counts.faces @ counts.shares
    people = totals[:_PEOPLE].sum()
    share = totals[:_PEOPLE] / people
    drawn = counts.audited.sum(axis=1)
    is_person = np.arange(len(COLUMNS)) < _PEOPLE
    variance = np.zeros(_PEOPLE)
    for place in range(_PEOPLE):
        score = (np.arange(len(COLUMNS)) == place) - share[place] * is_person
        spread = counts.shares @ score**2 - (counts.shares @ score) ** 2
        left = 1 - drawn / counts.faces
        variance[place] = (counts.faces**2 * left * spread / np.maximum(drawn - 1, 1)).sum() / people**2
    half = _Z * np.sqrt(variance)
    return share - half, share + half


def rogan_gladen(evidence: Evidence) -> Ends:
    """Each label's share corrected by its sensitivity and specificity, with a bootstrap interval.

    The audited faces of each stratum are resampled. Rogan and Gladen, American Journal of Epidemiology 1978.
    """
    counts = count_audit(evidence)
    rng = np.random.default_rng(1)
    drawn = counts.audited.sum(axis=1).astype(np.int64)
    resampled = rng.multinomial(drawn, counts.shares, size=(_RESAMPLES, len(drawn)))
    weights = counts.faces / np.maximum(drawn, 1)
    shares = _rogan_gladen_shares(counts, resampled * weights[:, None])
    low, high = np.nanquantile(shares, (0.025, 0.975), axis=0)
    return low, high


def _rogan_gladen_shares(counts: AuditCounts, table: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares (resamples, 3) from weighted counts (resamples, cells, columns)."""
    whole = table.sum(axis=(1, 2))
    corrected = np.empty((len(table), _PEOPLE))
    with np.errstate(invalid="ignore", divide="ignore"):
        for place in range(_PEOPLE):
            hit = counts.predicted == place
            true = table[:, :, place].sum(axis=1)
            sensitivity = table[:, hit, place].sum(axis=1) / true
            false = (table[:, hit].sum(axis=(1, 2)) - table[:, hit, place].sum(axis=1)) / (whole - true)
            raw = counts.faces[hit].sum() / counts.faces.sum()
            corrected[:, place] = np.clip((raw - false) / (sensitivity - false), 0, 1)
        return np.asarray(corrected / corrected.sum(axis=1, keepdims=True))


METHODS: dict[str, Callable[[Evidence], Ends]] = {
    "product": product,
    #: As if no audit were too small.
    "product, never refused": product,
    "stratified, normal": stratified_normal,
    "Rogan-Gladen, bootstrap": rogan_gladen,
}
