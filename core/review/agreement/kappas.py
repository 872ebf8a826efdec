"""How far people agree: kappas and alpha of blind second decisions."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.review.extra import missing_extra
from core.review.queues.pool import LABELS
from models import Label


@dataclass(frozen=True, kw_only=True)
class DecisionPair:
    """One face that two people decided without knowing of each other."""

    first_id: int
    first: Label
    second_id: int
    second: Label


def measure_agreement(decisions: Sequence[DecisionPair]) -> dict[str, Any]:
    """Figures over all, by label and by pair of people, as `Agreement.figures` stores them.

    A value is None where it is not defined: no two faces, or one label alone. PermanentError
    review_extra_missing where the libraries are not installed.
    """
    labels = [label.value for label in LABELS]
    return {
        "all": _overall(decisions),
        "labels": {
            label: _overall([_one_label(pair, Label(label)) for pair in decisions]) for label in labels
        },
        "pairs": [
            {"first": first, "second": second, **_pair(some)}
            for (first, second), some in sorted(_by_pair(decisions).items())
        ],
    }


def _overall(decisions: Sequence[DecisionPair]) -> dict[str, Any]:
    codes = _codes(decisions)
    return {
        "faces": len(codes),
        "agreed": float((codes[:, 0] == codes[:, 1]).mean()) if len(codes) else None,
        "fleiss": _fleiss(codes),
        "alpha": _alpha(codes),
    }


def _pair(decisions: Sequence[DecisionPair]) -> dict[str, Any]:
    codes = _codes(decisions)
    return {
        "faces": len(codes),
        "agreed": float((codes[:, 0] == codes[:, 1]).mean()),
        "cohen": _cohen(codes),
    }


def _by_pair(decisions: Sequence[DecisionPair]) -> Mapping[tuple[int, int], list[DecisionPair]]:
    """Decisions by pair, the lower account first, whoever of the two decided first."""
    pairs: dict[tuple[int, int], list[DecisionPair]] = {}
    for two in decisions:
        ordered = two
        if two.first_id > two.second_id:
            ordered = DecisionPair(
                first_id=two.second_id, first=two.second, second_id=two.first_id, second=two.first
            )
        pairs.setdefault((ordered.first_id, ordered.second_id), []).append(ordered)
    return pairs


def _one_label(two: DecisionPair, label: Label) -> DecisionPair:
    """The question "is it this label": other labels become one."""
    other = next(one for one in LABELS if one is not label)
    first, second = (one if one is label else other for one in (two.first, two.second))
    return DecisionPair(first_id=two.first_id, first=first, second_id=two.second_id, second=second)


def _codes(decisions: Sequence[DecisionPair]) -> NDArray[np.int64]:
    """int64 (n, 2): label numbers of first and second decision."""
    rows = [(LABELS.index(two.first), LABELS.index(two.second)) for two in decisions]
    return np.array(rows, np.int64).reshape(-1, 2)


def _cohen(codes: NDArray[np.int64]) -> float | None:
    from statsmodels.stats.inter_rater import cohens_kappa

    if len(np.unique(codes)) < 2:
        return None
    table = np.zeros((len(LABELS), len(LABELS)))
    np.add.at(table, (codes[:, 0], codes[:, 1]), 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return _defined(cohens_kappa(table, return_results=False))


def _fleiss(codes: NDArray[np.int64]) -> float | None:
    try:
        from statsmodels.stats.inter_rater import aggregate_raters, fleiss_kappa
    except ImportError as error:
        raise missing_extra() from error
    if len(np.unique(codes)) < 2:
        return None
    table, _ = aggregate_raters(codes, n_cat=len(LABELS))
    return _defined(fleiss_kappa(table))


def _alpha(codes: NDArray[np.int64]) -> float | None:
    import krippendorff

    if len(np.unique(codes)) < 2:
        return None
    return _defined(krippendorff.alpha(reliability_data=codes.T, level_of_measurement="nominal"))


def _defined(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
