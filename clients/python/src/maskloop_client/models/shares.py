# Made of the OpenAPI document by `generate_models.py`.
"""What operations answer: shares."""

import datetime as dt

from maskloop_client.models.base import Model
from maskloop_client.models.shared import Run


class Sample(Model):
    """A random sample of a job's faces."""

    id: int
    job_id: int
    #: Where its faces are decided; null for photos alone.
    queue_id: int | None
    #: The job that draws it.
    draw_job_id: int | None
    #: Wanted; fewer are drawn where the job has fewer.
    faces: int
    photos: int
    seed: int
    created_at: dt.datetime
    drawn_at: dt.datetime | None


class Plan(Model):
    """What more audited faces are expected to give."""

    faces: int
    #: Of the widest interval, 0 to 1.
    half_width: float
    #: Audited faces that an interval needs besides them.
    missing: int
    #: At the caller's pace; null where it is not known.
    seconds: float | None


class PlanAnswer(Model):
    """A plan; null where no undecided face is left."""

    plan: Plan | None


class Share(Model):
    """The share of one label among people, 0 to 1."""

    #: As predicted.
    raw: float | None
    #: By the audit; null without an interval.
    corrected: float | None
    #: Of the 95% interval.
    low: float | None
    high: float | None
    #: All faces of the job or group.
    faces: int
    audited: int
    #: Why there is no interval.
    problem: str | None


class Target(Model):
    """The share that is wanted at least, and what the interval says of it."""

    #: One of with_mask, without_mask, incorrect, not_a_face.
    label: str
    at_least: float
    #: Null before it can be judged. One of met, missed, undecided.
    state: str | None
    #: The fewest more faces expected to decide it.
    faces_left: int | None


class Rate(Model):
    """How often the detector is wrong, 0 to 1."""

    value: float | None
    low: float | None
    high: float | None
    #: Checked photos.
    photos: int
    problem: str | None


class Estimates(Model):
    """What the audit of a job says, as it stands."""

    #: Null before the first audit.
    sample: Sample | None
    drawing: bool
    draw_error: str | None
    #: By label; null before the faces are drawn.
    shares: dict[str, Share] | None
    #: Of the widest interval.
    half_width: float | None
    #: Why no share has an interval.
    problem: str | None
    audited: int
    #: Drawn faces that wait for a decision.
    waiting: int
    conflicts: int
    #: The job read photos after the draw: audit it again.
    outdated: bool
    #: Photos were removed since the faces were counted.
    uncounted: bool
    notes: list[str]
    #: What the faces that wait are expected to give.
    rest: Plan | None
    plans: list[Plan]
    target: Target | None
    #: With the faces that the detector missed.
    all_people: dict[str, Share] | None
    #: People in checked photos whom the detector missed.
    missed: Rate | None
    #: Found faces in checked photos that are none.
    invented: Rate | None


class Group(Model):
    """A group of photos, or all together."""

    key: str
    name: str
    #: One of group, unknown, rest.
    kind: str
    photos: int
    failed: int
    #: Of people, as predicted.
    faces: int
    #: Faces by predicted label.
    predicted: dict[str, int]
    shares: dict[str, Share]


class ChartPoint(Model):
    """The raw share of a group, and the limits that chance alone keeps it in."""

    name: str
    share: float | None
    low: float | None
    high: float | None
    #: One of above, below.
    outside: str | None


class Chart(Model):
    """The p-chart of the raw shares of a label."""

    centre: float | None
    points: list[ChartPoint]
    #: Why there are no limits.
    problem: str | None


class GroupComparison(Model):
    """How much the corrected share of the second group is above that of the first."""

    #: Key of the group.
    first: str
    second: str
    difference: float | None
    #: Of the 95% interval.
    low: float | None
    high: float | None
    #: Why there is no difference.
    problem: str | None
    words: str
    #: The difference of the raw shares; null without faces.
    raw_words: str | None


class GroupTable(Model):
    """The groups of some jobs; groups by time in its order, then what could not be placed."""

    jobs: list[int]
    groups: list[Group]
    total: Group
    notes: list[str]
    chart: Chart
    #: Whether groups differ by more than chance, in sentences.
    change_or_chance: list[str]
    #: Null where `compare` names no two groups.
    comparison: GroupComparison | None


class TrendRun(Model):
    """A run of a schedule with its shares."""

    run: Run
    outcome: str
    #: Whether its shares are of all its photos.
    counts: bool
    group: Group


class Trend(Model):
    """The shares of the runs of a schedule, the oldest first."""

    runs: list[TrendRun]
    chart: Chart
    #: The cursor of older runs; null on the last page.
    next: str | None
