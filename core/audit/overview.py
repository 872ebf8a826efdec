"""Everything that a page or command shows of a job's audit: shares, progress, plans, target, photos."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from sqlalchemy.orm import Session

from core.audit.audited import Audit
from core.audit.photo_check import PhotoCheck, read_photo_check
from core.audit.population import Standing
from core.audit.queries import (
    find_draw_error,
    find_sample,
    find_target,
    has_grown,
    has_shrunk,
    is_drawing,
    read_audit,
    read_pace,
    stored_evidence,
)
from core.estimates.evidence import Evidence, PopulationCell
from core.estimates.photo_audit import FinderRates, estimate_all_people, estimate_finder
from core.estimates.planner import Plan, Planner
from core.estimates.shares import PEOPLE, Estimate, estimate_shares
from core.estimates.target import Target, judge_target
from core.number_text import plural
from models import AuditSample, Job, Label, ReviewQueue, ShareTarget

#: Numbers of faces that a page offers.
OFFERED = (50, 100, 300)
#: Probabilities assumed before a draw has measured them: of a shown label, and of an indeterminate face.
_SURE, _UNSURE = 0.97, 0.5


@dataclass(frozen=True, kw_only=True)
class AuditPlan:
    """What more audited faces are expected to give."""

    #: The faces to draw.
    faces: int
    #: Of the label whose interval is widest, 0 to 1.
    half_width: float
    #: Audited faces that an interval needs besides them; there is none before.
    missing: int = 0
    #: How long they take, and drawn faces that wait, in seconds; None where nobody's pace is known.
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class Overview:
    """The audit of a job as it stands."""

    #: None before the first audit.
    sample: AuditSample | None = None
    #: Workers are drawing faces.
    drawing: bool = False
    queue: ReviewQueue | None = None
    audit: Audit = Audit()
    #: None before the faces are drawn, and where the sample does not stand for all photos of the job.
    estimate: Estimate | None = None
    evidence: Evidence = Evidence()
    #: What the drawn faces that wait are expected to give; None where none waits.
    rest: AuditPlan | None = None
    #: What more faces would give, besides those that wait.
    plans: tuple[AuditPlan, ...] = ()
    target: Target | None = None
    #: The target before it can be judged.
    wanted: ShareTarget | None = None
    photos: PhotoCheck | None = None
    finder: FinderRates | None = None
    #: Shares with the faces that the detector missed, from the checked photos.
    all_people: Estimate | None = None
    #: The job read photos after the draw: only a new sample stands for all of them.
    outdated: bool = False
    #: Photos were removed since the faces were counted.
    uncounted: bool = False
    #: Whether a pace is known, so that plans say how long they take.
    paced: bool = False
    #: Why the last draw failed; None where it did not.
    draw_error: str | None = None

    @property
    def half_width(self) -> float | None:
        """Half the length of the widest interval, 0 to 1."""
        widths = [self.estimate.of(label).half_width for label in PEOPLE] if self.estimate else []
        known = [width for width in widths if width is not None]
        return max(known) if known else None

    @property
    def problem(self) -> str | None:
        """Why no share has an interval; None where one has."""
        problems = [self.estimate.of(label).problem for label in PEOPLE] if self.estimate else []
        return problems[0] if problems and all(problems) else None

    @property
    def predicted_none(self) -> int:
        """Found faces that are predicted as not a face; people may know better."""
        none = Label.NOT_A_FACE
        undecided = sum(cell.faces for cell in self.evidence.population if cell.predicted is none)
        return undecided + sum(cell.faces for cell in self.evidence.decided if cell.predicted is none)

    @property
    def notes(self) -> list[str]:
        """What a reader of the shares should know, as sentences."""
        if self.sample is None or self.estimate is None:
            return []
        counts = {
            "conflict": self.audit.conflicts,
            "skipped": self.audit.skipped,
            "cannot_tell": self.audit.cannot_tell,
            "seen": self.audit.seen,
            **self.sample.left_out,
        }
        return [
            sentence.format(faces=plural(counts[name], "face"))
            for name, sentence in _NOTES.items()
            if counts.get(name)
        ]


#: Sentences about faces that need a word, by what they are; `left_out` of a sample has the last two.
_NOTES = {
    "conflict": "People disagree about {faces}: a third person or a lead has to decide.",
    "skipped": "Skipped, though later faces are decided: {faces}. The shares take them to be like "
    "those: decide them.",
    "cannot_tell": "Of {faces} people can't tell the label; no share counts them.",
    "seen": "Decided outside the queue, where the prediction may have been visible: {faces}.",
    Standing.LATER.value: "Came after the draw and are in no share: {faces}.",
    Standing.UNLABELLED.value: "Have neither a prediction nor a decision and are in no share: {faces}.",
}


def read_overview(session: Session, job: Job, *, account_id: int | None) -> Overview:
    """The audit of the job; the plans have the pace of this person."""
    sample, wanted = find_sample(session, job), find_target(session, job.id)
    seconds = read_pace(session, account_id)
    if sample is None or sample.drawn_at is None:
        return Overview(
            sample=sample,
            drawing=sample is not None and is_drawing(session, sample),
            plans=_plans(_foreseen(job), seconds),
            wanted=wanted,
            paced=seconds is not None,
            draw_error=find_draw_error(session, sample),
        )
    audit = read_audit(session, sample)
    evidence = stored_evidence(session, sample, audit)
    outdated = has_grown(sample, job)
    # What people drew in the checked photos is estimated for all photos, so it is not counted besides.
    found = stored_evidence(session, sample, audit, with_drawn=False)
    photos = read_photo_check(session, job, sample, found)
    return Overview(
        sample=sample,
        drawing=is_drawing(session, sample),
        queue=session.get(ReviewQueue, sample.queue_id) if sample.queue_id is not None else None,
        audit=audit,
        evidence=evidence,
        estimate=None if outdated else _estimate(evidence),
        plans=_plans(evidence, seconds, audit.left),
        rest=_rest(evidence, audit.left, seconds),
        target=None
        if outdated or wanted is None
        else _judge(evidence, wanted.label, wanted.at_least, seconds),
        wanted=wanted,
        photos=photos,
        finder=None if photos is None or not photos.checked else estimate_finder(photos.audit),
        all_people=_all_people(found, photos) if photos is not None and not outdated else None,
        outdated=outdated,
        uncounted=has_shrunk(sample, job),
        paced=seconds is not None,
        draw_error=find_draw_error(session, sample),
    )


def read_plan(session: Session, job: Job, faces: int, *, account_id: int | None) -> AuditPlan | None:
    """What `faces` more faces of the job would give this person; None where none is left to draw."""
    sample, seconds = find_sample(session, job), read_pace(session, account_id)
    if sample is None or sample.drawn_at is None:
        return plan_more(_foreseen(job), faces, seconds)
    audit = read_audit(session, sample)
    return plan_more(stored_evidence(session, sample, audit), faces, seconds, waiting=audit.left)


def plan_more(evidence: Evidence, faces: int, seconds: float | None, *, waiting: int = 0) -> AuditPlan | None:
    """What `faces` more drawn faces are expected to give; None where none is left to draw.

    `waiting` faces are drawn already and are reviewed too.
    """
    planner = Planner(evidence, seconds_per_face=seconds)
    faces = min(faces, planner.left - waiting)
    if faces <= 0:
        return None
    plans: Sequence[Plan] = [planner.plan(label, waiting + faces) for label in PEOPLE]
    return AuditPlan(
        faces=faces,
        half_width=max(plan.half_width for plan in plans),
        missing=max(0, planner.missing - waiting - faces),
        seconds=None if seconds is None else (waiting + faces) * seconds,
    )


#: Answers that are kept: pages ask again and again for the same evidence, which is frozen.
_KEPT = 16

_estimate = lru_cache(maxsize=_KEPT)(estimate_shares)


@lru_cache(maxsize=_KEPT)
def _judge(evidence: Evidence, label: Label, at_least: float, seconds: float | None) -> Target:
    return judge_target(evidence, label, at_least, seconds_per_face=seconds)


def _find_target(evidence: Evidence, wanted: ShareTarget | None, seconds: float | None) -> Target | None:
    return None if wanted is None else _judge(evidence, wanted.label, wanted.at_least, seconds)


@lru_cache(maxsize=_KEPT)
def _plans(evidence: Evidence, seconds: float | None, waiting: int = 0) -> tuple[AuditPlan, ...]:
    """Plans for the numbers that a page offers, each only where it gives more faces than the one before."""
    plans = (plan_more(evidence, faces, seconds, waiting=waiting) for faces in OFFERED)
    return tuple({plan.faces: plan for plan in plans if plan is not None}.values())


@lru_cache(maxsize=_KEPT)
def _rest(evidence: Evidence, waiting: int, seconds: float | None) -> AuditPlan | None:
    return plan_more(evidence, waiting, seconds)


def _all_people(evidence: Evidence, photos: PhotoCheck) -> Estimate | None:
    missed = any(any(photo.missed.values()) for photo in photos.audit.checked)
    return estimate_all_people(evidence, photos.audit) if missed else None


def _foreseen(job: Job) -> Evidence:
    """What is known of a job's faces before a draw: its counters. Indeterminate ones could be any label."""
    counts = (job.faces_with_mask, job.faces_without_mask, job.faces_incorrect)
    sure = sum(counts)
    shares = [count / sure if sure else 1 / len(counts) for count in counts]
    # Rounded sums, so that the parts add up to all of them.
    ends = [round(job.faces_indeterminate * sum(shares[:place])) for place in range(len(shares) + 1)]
    unsure = [end - start for start, end in pairwise(ends)]
    return Evidence(
        population=tuple(
            PopulationCell(stratum=name, predicted=label, faces=faces, confidence=confidence)
            for name, of_label, confidence in (("sure", counts, _SURE), ("unsure", unsure, _UNSURE))
            for label, faces in zip(PEOPLE, of_label, strict=True)
            if faces
        )
    )
