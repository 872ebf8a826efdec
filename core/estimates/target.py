"""Whether a share reaches a target, such as "at least 95% with mask"."""

from dataclasses import dataclass
from enum import StrEnum

from core.estimates.evidence import Evidence
from core.estimates.planner import Plan, Planner
from core.estimates.shares import Share, estimate_shares
from models.label import Label


class TargetState(StrEnum):
    """What the interval says of a target."""

    MET = "met"
    MISSED = "missed"
    UNDECIDED = "undecided"


@dataclass(frozen=True, kw_only=True)
class Target:
    """A target for one label and what the audit says of it."""

    label: Label
    #: The share that is wanted at least, 0 to 1.
    at_least: float
    share: Share
    state: TargetState
    #: The fewest more faces expected to decide it; None where it is decided. It may be all that are left.
    plan: Plan | None = None


def judge_target(
    evidence: Evidence, label: Label, at_least: float, *, seconds_per_face: float | None = None
) -> Target:
    """Met where the whole interval is at or above `at_least`, missed where it is below."""
    share, state = judge_share(evidence, label, at_least)
    plan = None
    if state is TargetState.UNDECIDED:
        planner = Planner(evidence, seconds_per_face=seconds_per_face)
        plan = planner.fewest(label, lambda each: _decides(each, share.corrected, at_least), at_least=1)
    return Target(label=label, at_least=at_least, share=share, state=state, plan=plan)


def judge_share(evidence: Evidence, label: Label, at_least: float) -> tuple[Share, TargetState]:
    """The share of the label and what its interval says of the target, without a plan."""
    share = estimate_shares(evidence).of(label)
    return share, _state(share.low, share.high, at_least)


def _decides(plan: Plan, corrected: float | None, at_least: float) -> bool:
    """Whether the plan's interval leaves the target out on the side where the share is now.

    A plan counts parts of expected errors, which alone would make it miss a target of 100%.
    """
    expected = _state(plan.low, plan.high, at_least)
    if corrected is None:
        return expected is not TargetState.UNDECIDED
    return expected is (TargetState.MET if corrected >= at_least else TargetState.MISSED)


def _state(low: float | None, high: float | None, at_least: float) -> TargetState:
    if low is not None and low >= at_least:
        return TargetState.MET
    if high is not None and high < at_least:
        return TargetState.MISSED
    return TargetState.UNDECIDED
