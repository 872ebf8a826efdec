"""The p-chart: limits of a published example, groups without faces, points outside and lasting changes."""

import random

import pytest

from core.groups.chance_words import chance_sentences
from core.groups.p_chart import Counted, PChart, Side, p_chart

#: Patients of English emergency departments who were seen within four hours, of all who came, in 20 weeks:
#: M. A. Mohammed and others, "Statistical process control charts for attribute data involving very large
#: sample sizes", BMJ Quality and Safety 22, 2013, 362-368; the data set nhs_accidents of R's qicharts2.
SEEN = (
    266501, 264225, 276532, 281461, 269071, 261215, 270409, 279778, 270483, 270320,
    267923, 271478, 255353, 256820, 261835, 259144, 255910, 260863, 264465, 260989,
)  # fmt: skip
CAME = (
    280443, 276823, 291681, 296155, 282343, 275888, 283867, 295251, 284468, 282529,
    279618, 283932, 266629, 268091, 276803, 271578, 266005, 273520, 278574, 273772,
)  # fmt: skip
#: The limits that qicharts2 0.8 computes: qic(i, r, n = n, data = nhs_accidents, chart = "pp").
CENTRE = 0.95289971134419116
LOW = (0.9401296441775141, 0.94004641862513627, 0.9403780655785402, 0.94047300747792362)
FEW = "limits need at least 6 groups with faces"
HIGH = (0.96566977851086822, 0.96575300406324605, 0.96542135710984212, 0.9653264152104587)


def weeks() -> list[Counted]:
    return [
        Counted(name=f"week {number}", having=seen, faces=came)
        for number, (seen, came) in enumerate(zip(SEEN, CAME, strict=True), start=1)
    ]


def days(*having: int, faces: int = 100) -> list[Counted]:
    return [Counted(name=f"day {number}", having=x, faces=faces) for number, x in enumerate(having, start=1)]


def test_the_limits_equal_those_of_a_published_example() -> None:
    chart = p_chart(weeks(), ordered=True)
    assert chart.centre == pytest.approx(CENTRE, abs=1e-12)
    assert [point.low for point in chart.points[:4]] == pytest.approx(LOW, abs=1e-12)
    assert [point.high for point in chart.points[:4]] == pytest.approx(HIGH, abs=1e-12)
    assert not chart.outside, "the weeks differ as weeks do; a plain p-chart has nearly all of them outside"
    assert chart.spread == pytest.approx(10.6, abs=0.05)


def test_a_group_without_faces_stays_a_gap_and_changes_no_limit() -> None:
    groups = weeks()
    with_gap = [*groups[:7], Counted(name="closed", having=0, faces=0), *groups[7:]]
    chart, before = p_chart(with_gap, ordered=True), p_chart(groups, ordered=True)
    assert [point for point in chart.points if point.name != "closed"] == list(before.points)
    gap = chart.points[7]
    assert (gap.share, gap.low, gap.high, gap.outside) == (None, None, None, None)


def test_points_outside_are_named_with_their_side() -> None:
    chart = p_chart(days(50, 52, 49, 51, 88, 50, 48, 9, 51, 50, 49, 52), ordered=False)
    assert [(point.name, point.outside) for point in chart.outside] == [
        ("day 5", Side.ABOVE), ("day 8", Side.BELOW),
    ]  # fmt: skip
    sentences = chance_sentences(chart, "day")
    assert sentences[0].startswith("day 5: 88.0% is above the limits, 34.")
    assert sentences[1].startswith("day 8: 9.0% is below the limits, ")


def test_a_spread_of_unordered_groups_does_not_depend_on_their_order() -> None:
    groups = days(50, 60, 42, 55, 47, 66, 39, 52)
    charts = {p_chart(random.Random(n).sample(groups, len(groups)), ordered=False).spread for n in range(5)}
    assert max(charts) == pytest.approx(min(charts))
    assert p_chart(days(*[50] * 8), ordered=False).spread == 1, "limits are never narrower than chance"


def test_a_lasting_change_within_the_limits_is_named() -> None:
    before, after = [50, 47, 52, 49, 51, 48, 50, 49], [56, 58, 54, 57, 55, 58, 56, 57]
    chart = p_chart(days(*before, *after), ordered=True)
    assert not chart.outside
    assert [(run.first, run.last, run.side) for run in chart.runs] == [
        ("day 1", "day 8", Side.BELOW), ("day 9", "day 16", Side.ABOVE),
    ]  # fmt: skip
    assert "A lasting change: 8 days in a row below the mean, from day 1 to day 8." in chance_sentences(
        chart, "day"
    )


def test_chance_alone_rarely_lies_outside() -> None:
    drawn = random.Random(3)
    charts = [
        p_chart(days(*(sum(drawn.random() < 0.4 for _ in range(80)) for _ in range(25))), ordered=True)
        for _ in range(60)
    ]
    assert sum(len(chart.outside) for chart in charts) / (60 * 25) < 0.015
    assert sum(bool(chart.runs) for chart in charts) < 12


@pytest.mark.parametrize(
    ("groups", "problem"),
    [
        (days(1, 2, 3, 4, 5), f"{FEW}; here 5 have some"),
        ([*days(1, 2, 3), *days(*[0] * 9, faces=0)], f"{FEW}; here 3 have some"),
        (days(*[0] * 9), "all groups have the same share"),
        (days(1), f"{FEW}; here 1 has some"),
        ([], f"{FEW}; here 0 have some"),
    ],
)  # fmt: skip
def test_without_enough_groups_the_shares_stand_without_limits(groups: list[Counted], problem: str) -> None:
    chart: PChart = p_chart(groups, ordered=True)
    assert chart.problem == problem
    assert all(point.low is None and point.outside is None for point in chart.points)
    assert len(chart.points) == len(groups)
    said = problem.replace("groups", "days")
    assert chance_sentences(chart, "day") == [f"Change or chance cannot be told: {said}."]


def test_groups_that_differ_more_than_by_chance_are_not_called_chance() -> None:
    wide = chance_sentences(p_chart(days(20, 70, 30, 80, 25, 75, 35, 65), ordered=True), "day")
    assert wide[0] == "All 8 days lie within the limits: they differ as they usually do."
    assert wide[1].startswith("The limits allow for the usual spread between days, ")
    even = chance_sentences(p_chart(days(50, 52, 49, 51, 50, 48, 51, 50), ordered=True), "day")
    assert even[0] == "All 8 days lie within the limits: chance explains how they differ."
    assert even[-1] == "From so few days the limits are rough."
