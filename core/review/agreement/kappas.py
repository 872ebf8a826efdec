"""Measure agreement: kappas and Krippendorff's alpha over blind second decisions."""

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
    """Two blind decisions about one face, with the accounts that made them."""

    first_id: int
    first: Label
    second_id: int
    second: Label


def measure_agreement(decisions: Sequence[DecisionPair]) -> dict[str, Any]:
    """Metrics over all faces, by label and by pair of people, in the form stored in `Agreement.figures`.

    A metric is None where it is undefined: without faces, or with a single label. Raises PermanentError
    review_extra_missing if the packages are not installed.
    """
    labels = [label.value for label in LABELS]
    return {
        "all": _overall(decisions),
        "labels": {
            label: _overall([_one_label(pair, Label(label)) for pair in decisions]) for label in labels
        },
        "pairs": [
            {"first": first, "second": second, **_pair(group)}
            for (first, second), group in sorted(_by_pair(decisions).items())
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
    """Decisions by pair of accounts, the lower id first, whoever decided first."""
    pairs: dict[tuple[int, int], list[DecisionPair]] = {}
    for pair in decisions:
        ordered = pair
        if pair.first_id > pair.second_id:
            ordered = DecisionPair(
                first_id=pair.second_id, first=pair.second, second_id=pair.first_id, second=pair.first
            )
        pairs.setdefault((ordered.first_id, ordered.second_id), []).append(ordered)
    return pairs


def _one_label(pair: DecisionPair, label: Label) -> DecisionPair:
    """The decisions as a yes-or-no question for one label: all other labels become one."""
    other = next(one for one in LABELS if one is not label)
    first, second = (one if one is label else other for one in (pair.first, pair.second))
    return DecisionPair(first_id=pair.first_id, first=first, second_id=pair.second_id, second=second)


def _codes(decisions: Sequence[DecisionPair]) -> NDArray[np.int64]:
    """int64 (n, 2): indexes into `LABELS` of the first and the second decision."""
    rows = [(LABELS.index(pair.first), LABELS.index(pair.second)) for pair in decisions]
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
