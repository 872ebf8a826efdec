"""Shares of labels with their intervals, and the audits that correct them."""

from datetime import datetime
from typing import Self

from pydantic import Field

from core.audit.options import MOST_FACES, MOST_PHOTOS, AuditRequest
from core.audit.overview import AuditPlan, Overview
from core.estimates.photo_audit import Rate as RateRow
from core.estimates.shares import PEOPLE, Estimate
from core.estimates.shares import Share as ShareRow
from core.estimates.target import TargetState
from models import AuditSample, Label
from web.api_v1.schemas.base import Answer, Asked

#: Further jobs of one table of groups.
_MOST_OTHERS = 19


class Share(Answer):
    """The share of one label among people, 0 to 1."""

    raw: float | None = Field(description="As predicted.")
    corrected: float | None = Field(description="By the audit; null without an interval.")
    low: float | None = Field(description="Of the 95% interval.")
    high: float | None
    faces: int = Field(description="All faces of the job or group.")
    audited: int
    problem: str | None = Field(description="Why there is no interval.")

    @classmethod
    def of(cls, share: ShareRow) -> Self:
        """The share as answered."""
        values = {name: getattr(share, name) for name in cls.model_fields}
        return cls(**values | ({"corrected": None} if share.problem else {}))


class AuditBody(Asked):
    """How many more faces and photos to draw."""

    faces: int = Field(100, ge=0, le=MOST_FACES)
    photos: int = Field(0, ge=0, le=MOST_PHOTOS, description="Photos in which people box every face.")
    second_percent: int = Field(0, ge=0, le=100, description="Faces that a second person decides too.")
    seed: int | None = Field(None, ge=0, lt=2**31, description="Of the random order.")
    again: bool = Field(False, description="Draw a new sample, although the job has one.")

    @property
    def wanted(self) -> AuditRequest:
        """The request; InputError audit_empty."""
        return AuditRequest(**self.model_dump())


class Sample(Answer):
    """A random sample of a job's faces."""

    id: int
    job_id: int
    queue_id: int | None = Field(description="Where its faces are decided; null for photos alone.")
    draw_job_id: int | None = Field(description="The job that draws it.")
    faces: int = Field(description="Wanted; fewer are drawn where the job has fewer.")
    photos: int
    seed: int
    created_at: datetime
    drawn_at: datetime | None

    @classmethod
    def of(cls, sample: AuditSample) -> Self:
        """The row as answered."""
        return cls(**{name: getattr(sample, name) for name in cls.model_fields})


class PlanQuery(Asked):
    """For how many more faces to plan."""

    faces: int = Field(ge=1, le=MOST_FACES)


class Plan(Answer):
    """What more audited faces are expected to give."""

    faces: int
    half_width: float = Field(description="Of the widest interval, 0 to 1.")
    missing: int = Field(description="Audited faces that an interval needs besides them.")
    seconds: float | None = Field(description="At the caller's pace; null where it is not known.")

    @classmethod
    def of(cls, plan: AuditPlan) -> Self:
        """The plan as answered."""
        return cls(**vars(plan))


class PlanAnswer(Answer):
    """A plan; null where no undecided face is left."""

    plan: Plan | None


class TargetRequest(Asked):
    """The share that is wanted at least."""

    label: Label
    at_least: float = Field(gt=0, le=1)


class Target(Answer):
    """The share that is wanted at least, and what the interval says of it."""

    label: Label
    at_least: float
    state: TargetState | None = Field(description="Null before it can be judged.")
    faces_left: int | None = Field(description="The fewest more faces expected to decide it.")


class Rate(Answer):
    """How often the detector is wrong, 0 to 1."""

    value: float | None
    low: float | None
    high: float | None
    photos: int = Field(description="Checked photos.")
    problem: str | None

    @classmethod
    def of(cls, rate: RateRow) -> Self:
        """The rate as answered."""
        return cls(**vars(rate))


class Estimates(Answer):
    """What the audit of a job says, as it stands."""

    sample: Sample | None = Field(description="Null before the first audit.")
    drawing: bool
    draw_error: str | None
    shares: dict[str, Share] | None = Field(description="By label; null before the faces are drawn.")
    half_width: float | None = Field(description="Of the widest interval.")
    problem: str | None = Field(description="Why no share has an interval.")
    audited: int
    waiting: int = Field(description="Drawn faces that wait for a decision.")
    conflicts: int
    outdated: bool = Field(description="The job read photos after the draw: audit it again.")
    uncounted: bool = Field(description="Photos were removed since the faces were counted.")
    notes: list[str]
    rest: Plan | None = Field(description="What the faces that wait are expected to give.")
    plans: list[Plan]
    target: Target | None
    all_people: dict[str, Share] | None = Field(description="With the faces that the detector missed.")
    missed: Rate | None = Field(description="People in checked photos whom the detector missed.")
    invented: Rate | None = Field(description="Found faces in checked photos that are none.")

    @classmethod
    def of(cls, found: Overview) -> Self:
        """The overview as answered."""
        return cls(
            sample=None if found.sample is None else Sample.of(found.sample),
            drawing=found.drawing,
            draw_error=found.draw_error,
            shares=_by_label(found.estimate),
            half_width=found.half_width,
            problem=found.problem,
            audited=len(found.audit.audited),
            waiting=found.audit.left,
            conflicts=found.audit.conflicts,
            outdated=found.outdated,
            uncounted=found.uncounted,
            notes=found.notes,
            rest=None if found.rest is None else Plan.of(found.rest),
            plans=[Plan.of(plan) for plan in found.plans],
            target=_target(found),
            all_people=_by_label(found.all_people),
            missed=None if found.finder is None else Rate.of(found.finder.missed),
            invented=None if found.finder is None else Rate.of(found.finder.invented),
        )


def _by_label(estimate: Estimate | None) -> dict[str, Share] | None:
    return None if estimate is None else {label.value: Share.of(estimate.of(label)) for label in PEOPLE}


def _target(found: Overview) -> Target | None:
    if found.wanted is None:
        return None
    plan = None if found.target is None else found.target.plan
    return Target(
        label=found.wanted.label,
        at_least=found.wanted.at_least,
        state=None if found.target is None else found.target.state,
        faces_left=None if plan is None else plan.more,
    )
