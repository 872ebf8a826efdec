"""What audits promise, in words."""

from typing import Protocol

from core.number_text import number, plural, points, share


class Plan(Protocol):
    """`AuditPlan` of `core.audit.overview`, or what a service says of one."""

    @property
    def faces(self) -> int:
        """How many more."""

    @property
    def half_width(self) -> float:
        """Of the widest interval."""

    @property
    def missing(self) -> int:
        """Faces that an interval needs besides."""

    @property
    def seconds(self) -> float | None:
        """At the caller's pace."""


def minutes(seconds: float) -> str:
    """About how long, in minutes: "about 7 minutes"."""
    if seconds < 90:
        return "about 1 minute"
    return f"about {number(seconds / 60)} minutes"


def promise(plan: Plan, *, more: bool) -> str:
    """120 more faces, about 7 minutes, give plus or minus 2.0 points; without a pace no minutes.

    `more`: the job has an audit sample already.
    """
    faces, verb = plural(plan.faces, "more face" if more else "face"), "gives" if plan.faces == 1 else "give"
    if plan.missing:
        return f"{faces} {verb} no interval yet, which needs {number(plan.missing)} besides"
    time = f", {minutes(plan.seconds)}," if plan.seconds is not None else ""
    return f"{faces}{time} {verb} plus or minus {points(plan.half_width)}"


def until_done(plan: Plan) -> str:
    """about 2 minutes, then plus or minus 4.2 points"""
    then = f"then plus or minus {points(plan.half_width)}"
    if plan.missing:
        then = f"then {plural(plan.missing, 'more face')} for an interval"
    return then if plan.seconds is None else f"{minutes(plan.seconds)}, {then}"


def target_words(label: str, at_least: float) -> str:
    """At least 95% with mask; `label` is a value of `Label`."""
    worn = {"incorrect": "with the mask worn incorrectly"}.get(label, label.replace("_", " "))
    return f"At least {share(at_least, 1).replace('.0%', '%')} {worn}"
