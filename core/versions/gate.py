"""The gate: the conditions under which a candidate may replace the champion."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from core.number_text import is_too_few, metric, plural

#: The most that the F1 of any label may fall.
MARGIN = 0.01


@dataclass(frozen=True, kw_only=True)
class LabelChange:
    """The F1 of one label for champion and candidate; None where the test set has no face with that label."""

    label: str
    champion: float | None
    candidate: float | None
    #: Test faces with that label.
    faces: int
    #: False where it fell by more than the margin.
    passed: bool


@dataclass(frozen=True, kw_only=True)
class GateResult:
    """Whether a candidate passes the gate, with macro F1 of both versions and the F1 of each label."""

    passed: bool
    margin: float
    champion: float
    candidate: float
    #: Test faces that both versions predicted.
    faces: int
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
    faces: Mapping[str, int],
    macro: tuple[float, float],
    margin: float = MARGIN,
) -> GateResult:
    """Check a candidate: macro F1 must rise, and no label's F1 may fall by more than `margin`.

    The mappings hold the F1 and the number of test faces of each label; `macro` is the champion's and the
    candidate's macro F1.
    """
    labels = tuple(
        LabelChange(
            label=label,
            champion=before,
            candidate=candidate.get(label),
            faces=faces.get(label, 0),
            passed=_has_held(before, candidate.get(label), margin),
        )
        for label, before in champion.items()
    )
    reasons = [_fall(change, margin) for change in labels if not change.passed]
    if macro[1] <= macro[0]:
        reasons.append(_no_rise(*macro, sum(faces.values())))
    return GateResult(
        passed=not reasons,
        margin=margin,
        champion=macro[0],
        candidate=macro[1],
        faces=sum(faces.values()),
        labels=labels,
        reasons=tuple(reasons),
    )


def _has_held(before: float | None, after: float | None, margin: float) -> bool:
    return before is None or (after is not None and after >= before - margin)


def _fall(change: LabelChange, margin: float) -> str:
    if is_too_few(change.faces):
        few = plural(change.faces, "test face")
        return f"F1 of {change.label} fell by more than {margin:g}; {few} are too few to say by how much."
    return f"F1 of {change.label} fell from {metric(change.champion)} to {metric(change.candidate or 0.0)}."


def _no_rise(before: float, after: float, faces: int) -> str:
    if is_too_few(faces):
        return f"Macro F1 did not rise; {plural(faces, 'test face')} are too few to measure it."
    return f"Macro F1 did not rise: {metric(before)} before, {metric(after)} now."
