"""The gate: the conditions under which a candidate may replace the champion."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

#: The most that the F1 of any label may fall.
MARGIN = 0.01


@dataclass(frozen=True, kw_only=True)
class LabelChange:
    """The F1 of one label for champion and candidate; None where the test set has no face with that label."""

    label: str
    champion: float | None
    candidate: float | None
    #: False where it fell by more than the margin.
    passed: bool


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """Whether a candidate passes the gate, with macro F1 of both versions and the F1 of each label."""

    passed: bool
    margin: float
    champion: float
    candidate: float
    labels: tuple[LabelChange, ...]
    #: Why it does not pass; empty where it passes.
    reasons: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """As `Promotion.gate` stores it."""
        return asdict(self)


def check_gate(
    champion: Mapping[str, float | None],
    candidate: Mapping[str, float | None],
    *,
    macro: tuple[float, float],
    margin: float = MARGIN,
) -> GateResult:
    """Check a candidate: macro F1 must rise, and no label's F1 may fall by more than `margin`.

    The mappings hold the F1 of each label on the same faces; `macro` is the champion's and the candidate's
    macro F1.
    """
    labels = tuple(_change(label, champion[label], candidate.get(label), margin) for label in champion)
    reasons = [
        f"F1 of {change.label} fell from {change.champion:.3f} to {change.candidate or 0:.3f}."
        for change in labels
        if not change.passed
    ]
    if macro[1] <= macro[0]:
        reasons.append(f"Macro F1 did not rise: {macro[0]:.4f} before, {macro[1]:.4f} now.")
    return GateResult(
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
