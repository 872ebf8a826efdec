"""The gate: what a candidate must show to replace the champion."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: How far the F1 of any label may fall.
MARGIN = 0.01


@dataclass(frozen=True, kw_only=True)
class LabelChange:
    """The F1 of one label, before and after; None where the test set holds no face of it."""

    label: str
    champion: float | None
    candidate: float | None
    #: False where it fell by more than the margin.
    passed: bool


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """The verdict of the gate, with macro F1 of both versions and the F1 of each label."""

    passed: bool
    margin: float
    champion: float
    candidate: float
    labels: tuple[LabelChange, ...]
    #: Why it did not pass; empty if it passed.
    reasons: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As `Promotion.gate` stores it."""
        return asdict(self)


def judge(
    champion: Mapping[str, float | None],
    candidate: Mapping[str, float | None],
    *,
    macro: tuple[float, float],
    margin: float = MARGIN,
) -> Verdict:
    """Judge by the F1 of each label on the same faces; `macro` is champion's and candidate's macro F1.

    It passes where macro F1 rises and no label's F1 falls by more than `margin`.
    """
    labels = tuple(_change(label, champion[label], candidate.get(label), margin) for label in champion)
    reasons = [
        f"F1 of {change.label} fell from {change.champion:.3f} to {change.candidate or 0:.3f}."
        for change in labels
        if not change.passed
    ]
    if macro[1] <= macro[0]:
        reasons.append(f"Macro F1 did not rise: {macro[0]:.4f} before, {macro[1]:.4f} now.")
    return Verdict(
        passed=not reasons,
        margin=margin,
        champion=macro[0],
        candidate=macro[1],
        labels=labels,
        reasons=tuple(reasons),
    )


def _change(label: str, before: float | None, after: float | None, margin: float) -> LabelChange:
    passed = before is None or (after is not None and after >= before - margin)
    return LabelChange(label=label, champion=before, candidate=after, passed=passed)
