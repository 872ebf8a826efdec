"""Plans, targets, differences and the allocation of audited faces."""

import pytest

from core.estimates.allocation import allocate
from core.estimates.difference import subtract_shares
from core.estimates.evidence import Evidence, PopulationCell
from core.estimates.planner import Planner
from core.estimates.shares import Share, estimate_shares
from core.estimates.target import TargetState, judge_target
from models.label import Label, NoLabel
from tests.unit.estimates.faces import audited, decided, evidence, population

MASK, BARE, *_ = Label


def some_audit(errors: int, right: int = 60):
    """A job of which some of 5000 faces are audited."""
    return evidence(population(with_mask=5000), audited(MASK, MASK, right), audited(MASK, BARE, errors))


def test_more_faces_give_a_narrower_interval_and_take_longer() -> None:
    planner = Planner(some_audit(errors=6), seconds_per_face=3.5)
    few, many = planner.plan(MASK, 100), planner.plan(MASK, 800)
    assert many.half_width < few.half_width < estimate_shares(some_audit(errors=6)).with_mask.half_width
    assert (few.seconds, many.seconds) == (350, 2800)
    assert planner.plan(MASK, 10**6).more == planner.left == 4934


def test_a_plan_foresees_what_the_audit_then_gives() -> None:
    planned = Planner(some_audit(errors=6)).plan(MASK, 594)
    came = estimate_shares(some_audit(errors=60, right=600)).with_mask
    assert planned.half_width == pytest.approx(came.half_width, rel=0.15)


def test_the_fewest_faces_for_two_points() -> None:
    planner = Planner(some_audit(errors=6))
    plan = planner.faces_for_half_width(MASK, 0.02)
    assert plan.half_width <= 0.02 < planner.plan(MASK, plan.more - 30).half_width
    assert planner.faces_for_half_width(MASK, 0).more == planner.left


def test_a_plan_before_the_first_audited_face_goes_by_confidence() -> None:
    sure, unsure = (
        Planner(evidence((PopulationCell(stratum="", predicted=MASK, faces=5000, confidence=confidence),)))
        for confidence in (0.99, 0.6)
    )
    assert sure.plan(MASK, 200).half_width < 0.5 * unsure.plan(MASK, 200).half_width


@pytest.mark.parametrize(
    ("errors", "at_least", "state"),
    [(0, 0.5, TargetState.MET), (30, 0.95, TargetState.MISSED), (6, 0.93, TargetState.UNDECIDED)],
)
def test_a_target_is_judged_by_the_whole_interval(errors: int, at_least: float, state: TargetState) -> None:
    target = judge_target(some_audit(errors), MASK, at_least)
    assert target.state is state
    assert (target.plan is None) == (state is not TargetState.UNDECIDED)


def test_a_target_that_is_far_needs_fewer_faces_than_one_that_is_near() -> None:
    far, near = (judge_target(some_audit(6), MASK, at_least, seconds_per_face=3) for at_least in (0.95, 0.92))
    assert 0 < far.plan.more < near.plan.more
    assert far.plan.seconds == 3 * far.plan.more


def share(corrected: float, low: float | None, high: float | None, problem: str | None = None) -> Share:
    return Share(raw=None, corrected=corrected, low=low, high=high, faces=1, audited=1, problem=problem)


def test_the_difference_of_two_shares() -> None:
    """The interval of 56/70 minus 48/80 by Newcombe's method 10 (1998, table II, row a)."""
    difference = subtract_shares(share(48 / 80, 0.4905, 0.7004), share(56 / 70, 0.6917, 0.8769))
    assert difference.value == pytest.approx(0.2)
    assert (difference.low, difference.high) == pytest.approx((0.0524, 0.3339), abs=2e-4)
    assert difference.is_clear


def test_a_difference_has_the_problem_of_its_shares() -> None:
    difference = subtract_shares(
        share(0.5, 0.4, 0.6), share(0.6, None, None, "too few audited faces: 9 more")
    )
    assert (difference.low, difference.problem) == (None, "too few audited faces: 9 more")
    assert not difference.is_clear


def cell(faces: int, confidence: float) -> PopulationCell:
    return PopulationCell(stratum="", predicted=MASK, faces=faces, confidence=confidence)


def test_uncertain_strata_get_more_than_their_part() -> None:
    sure, unsure = allocate([cell(900, 0.98), cell(100, 0.5)], 100)
    assert sure + unsure == 100
    assert 12 <= unsure <= 20


def test_an_allocation_never_draws_more_than_there_are() -> None:
    assert allocate([cell(3, 0.5), cell(0, 0.9), cell(2, 0.9)], 100) == [3, 0, 2]
    assert allocate([cell(5, 0.5), cell(100, 0.9)], 50, audited=[5, 0]) == [0, 50]
    assert allocate([], 10) == []


@pytest.mark.parametrize(
    "known",
    [
        evidence(()),
        evidence((), said=(decided(MASK, MASK, 9), decided(MASK, BARE, 1))),
        evidence((), said=(decided(MASK, Label.NOT_A_FACE, 9),)),
        evidence((PopulationCell(stratum="", predicted=None, faces=50),)),
        evidence(population(with_mask=1)),
        evidence(population(not_a_face=900), audited(Label.NOT_A_FACE, Label.NOT_A_FACE, 40)),
        evidence(population(with_mask=900), audited(MASK, NoLabel.CANNOT_TELL, 40)),
    ],
    ids=["nothing", "all decided", "nobody", "unpredicted", "one face", "no faces seen", "nobody can tell"],
)
def test_whatever_is_known_can_be_planned_and_judged(known: Evidence) -> None:
    plan = Planner(known, seconds_per_face=3).plan(MASK, 100)
    assert 0 <= plan.low <= plan.high <= 1
    assert plan.more <= 100
    target = judge_target(known, MASK, 0.85)
    assert target.state in set(TargetState)
    assert (target.plan is None) == (target.state is not TargetState.UNDECIDED)


def test_a_target_of_all_is_met_only_when_every_face_is_known() -> None:
    target = judge_target(evidence(population(with_mask=400), audited(MASK, MASK, 100)), MASK, 1.0)
    assert target.state is TargetState.UNDECIDED
    assert target.plan.more == 300
    done = judge_target(evidence(population(with_mask=100), audited(MASK, MASK, 100)), MASK, 1.0)
    assert done.state is TargetState.MET
