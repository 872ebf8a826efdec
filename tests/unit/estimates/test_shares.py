"""Corrected shares and their intervals."""

import numpy as np
import pytest

from core.estimates import interval
from core.estimates.evidence import AuditedFace, Evidence, PopulationCell
from core.estimates.interval import PEOPLE
from core.estimates.shares import estimate_groups, estimate_shares
from models.label import Label, NoLabel
from tests.unit.estimates.faces import audited, decided, evidence, population

MASK, BARE, INCORRECT, NO_FACE = Label


def test_an_audit_of_all_faces_leaves_no_width() -> None:
    estimate = estimate_shares(
        evidence(
            population(with_mask=40, without_mask=10),
            audited(MASK, MASK, 36, chance=1.0),
            audited(MASK, BARE, 3, chance=1.0),
            audited(MASK, NO_FACE, 1, chance=1.0),
            audited(BARE, BARE, 8, chance=1.0),
            audited(BARE, NoLabel.CANNOT_TELL, 2, chance=1.0),
        )
    )
    assert (estimate.with_mask.raw, estimate.with_mask.corrected) == (40 / 50, 36 / 47)
    assert (estimate.with_mask.low, estimate.with_mask.high) == (36 / 47, 36 / 47)
    assert (estimate.incorrect.low, estimate.incorrect.high) == (0, 0)


@pytest.mark.parametrize(("faces", "size", "bare"), [(100, 95, 30), (60, 40, 30), (50, 49, 2)])
def test_intervals_hold_the_truth_where_nearly_all_faces_are_audited(
    faces: int, size: int, bare: int
) -> None:
    """Five faces of which three in ten are bare hold none at all in one audit of six: ends are whole."""
    rng, held = np.random.default_rng(1), 0
    for _ in range(100):
        seen = int(rng.hypergeometric(bare, faces - bare, size))
        share = estimate_shares(
            evidence(
                population(with_mask=faces),
                audited(MASK, BARE, seen, chance=size / faces),
                audited(MASK, MASK, size - seen, chance=size / faces),
            )
        ).without_mask
        assert share.low is not None and share.high is not None
        held += share.low - 1e-9 <= bare / faces <= share.high + 1e-9
    assert held >= 93


def test_what_is_decided_is_inside_every_interval() -> None:
    """One face was decided as incorrect: a share of 0 is not possible."""
    estimate = estimate_shares(
        evidence(
            population(with_mask=320, without_mask=298),
            audited(MASK, MASK, 150, chance=0.5),
            audited(MASK, NO_FACE, 10, chance=0.5),
            audited(BARE, BARE, 139, chance=0.5),
            audited(BARE, NO_FACE, 10, chance=0.5),
            said=(decided(BARE, INCORRECT, 1),),
        )
    )
    assert estimate.incorrect.low == pytest.approx(1 / (150 + 139 + 1 + 309))


@pytest.mark.parametrize("left", [1, 2, 5])
def test_the_last_faces_can_be_anything(left: int) -> None:
    """The shapes of their posterior are so small that draws underflow."""
    estimate = estimate_shares(
        evidence(
            population(with_mask=98 + left, without_mask=1),
            audited(MASK, MASK, 90, chance=0.98),
            audited(MASK, BARE, 8, chance=0.98),
            audited(BARE, BARE, 1, chance=1.0),
        )
    )
    assert 90 / (99 + left) <= estimate.with_mask.low <= 90 / 99
    assert 91 / (99 + left) - 0.001 <= estimate.with_mask.high <= (90 + left) / (99 + left)


def test_a_cell_that_nobody_audited_can_be_anything() -> None:
    """Nothing but its part of a pseudo-face is drawn for it: numbers near the smallest that there are."""
    cells = population(with_mask=4000, without_mask=990, incorrect=10)
    estimate = estimate_shares(evidence(cells, audited(MASK, MASK, 90), audited(BARE, BARE, 30)))
    assert estimate.incorrect.corrected == 0.002, "as predicted"
    assert estimate.incorrect.low == 0
    assert estimate.incorrect.high >= 0.002
    assert estimate.without_mask.high >= 0.2


def test_shares_are_corrected_by_the_errors_of_the_predicted_label() -> None:
    estimate = estimate_shares(
        evidence(
            population(with_mask=900, without_mask=100),
            audited(MASK, MASK, 45),
            audited(MASK, BARE, 5),
            audited(BARE, BARE, 20),
        )
    )
    assert estimate.without_mask.raw == 0.1
    assert estimate.without_mask.corrected == pytest.approx((100 + 90) / 1000)
    assert estimate.without_mask.low < 0.19 < estimate.without_mask.high
    assert sum(share.corrected for _, share in estimate) == pytest.approx(1)


def test_faces_that_are_none_and_that_nobody_can_tell_do_not_count() -> None:
    estimate = estimate_shares(
        evidence(
            population(with_mask=1000),
            audited(MASK, MASK, 30),
            audited(MASK, BARE, 10),
            audited(MASK, NO_FACE, 40),
            audited(MASK, NoLabel.CANNOT_TELL, 20),
        )
    )
    assert estimate.with_mask.corrected == pytest.approx(0.75)


def test_without_any_error_the_interval_still_has_a_width() -> None:
    estimate = estimate_shares(evidence(population(with_mask=5000), audited(MASK, MASK, 100)))
    assert estimate.with_mask.corrected == 1
    assert 0.93 < estimate.with_mask.low < 0.99
    assert estimate.without_mask.corrected == 0
    assert 0.005 < estimate.without_mask.high < 0.06


def test_one_pseudo_face_gives_the_interval_of_clopper_and_pearson(monkeypatch: pytest.MonkeyPatch) -> None:
    """3 of 50: 1.25 to 16.55% (Clopper and Pearson); of a large job nearly nothing is known."""
    monkeypatch.setattr(interval, "PSEUDO_FACES", 1.0)
    faces = evidence(population(with_mask=10**7), audited(MASK, MASK, 47), audited(MASK, BARE, 3))
    share = estimate_shares(faces).without_mask
    assert share.low == pytest.approx(0.0125, abs=0.003)
    assert share.high == pytest.approx(0.1655, abs=0.01)


def test_the_fewer_faces_are_left_the_narrower_the_interval() -> None:
    """With five sixths of the faces known, the deviation is about the square root of a sixth."""

    def half_width(faces: int) -> float:
        known = audited(MASK, MASK, 250), audited(MASK, BARE, 50)
        return estimate_shares(evidence(population(with_mask=faces), *known)).with_mask.half_width

    assert half_width(360) == pytest.approx(half_width(10**6) * (1 / 6) ** 0.5, rel=0.12)


def test_decided_faces_are_taken_as_they_are() -> None:
    estimate = estimate_shares(
        evidence((), said=(decided(MASK, MASK, 60), decided(MASK, BARE, 20), decided(BARE, NO_FACE, 20)))
    )
    share = estimate.with_mask
    assert (share.raw, share.corrected, share.low, share.high) == (0.8, 0.75, 0.75, 0.75)
    assert (share.faces, share.audited, share.problem) == (100, 0, None)


@pytest.mark.parametrize(
    ("cells", "count", "problem"),
    [
        ((), 0, "no faces"),
        (population(with_mask=500), 0, "no audited faces: 30 needed"),
        (population(with_mask=500), 10, "too few audited faces: 20 more"),
        (population(with_mask=12), 10, "too few audited faces: 2 more"),
        (population(with_mask=12), 12, None),
        (population(with_mask=500), 30, None),
    ],
)
def test_too_few_audited_faces_give_no_interval(
    cells: tuple[PopulationCell, ...], count: int, problem: str | None
) -> None:
    for _, share in estimate_shares(evidence(cells, audited(MASK, MASK, count))):
        assert share.problem == problem
        assert (share.low is None, share.high is None) == (problem is not None, problem is not None)


def test_without_audited_faces_there_is_no_corrected_share() -> None:
    share = estimate_shares(evidence(population(with_mask=80, without_mask=20))).with_mask
    assert (share.raw, share.corrected) == (0.8, None)


def test_photos_alone_of_no_people_have_no_share() -> None:
    share = estimate_shares(evidence((), said=(decided(MASK, NO_FACE, 5),))).with_mask
    assert (share.corrected, share.low, share.problem) == (None, None, "nobody to count")


def test_a_face_that_was_drawn_with_half_the_chance_counts_twice() -> None:
    """Eighty of a cell's faces are night photos, of which a larger part was drawn."""
    night = audited(MASK, BARE, 40, chance=0.2)
    day = audited(MASK, MASK, 40, chance=0.1)
    estimate = estimate_shares(evidence(population(with_mask=600), day, night))
    assert estimate.with_mask.corrected == pytest.approx(400 / 600)


def test_faces_of_one_photo_are_worth_less_than_faces_of_many() -> None:
    cells = population(with_mask=5000)
    many = (audited(MASK, MASK, 80), audited(MASK, BARE, 20))
    one = (audited(MASK, MASK, 80), audited(MASK, BARE, 20, photo=1))
    assert (
        estimate_shares(evidence(cells, *one)).with_mask.half_width
        > 1.5 * estimate_shares(evidence(cells, *many)).with_mask.half_width
    )


def test_each_group_has_its_own_shares() -> None:
    cells = tuple(
        PopulationCell(stratum="all", predicted=MASK, faces=200, group=group) for group in ("door", "gate")
    )
    faces = (
        audited(MASK, MASK, 50, group="door"),
        audited(MASK, BARE, 25, group="gate"),
        audited(MASK, MASK, 25, group="gate"),
    )
    groups = estimate_groups(evidence(cells, *faces))
    assert list(groups) == ["door", "gate"]
    assert groups["door"].with_mask.corrected > 0.9
    assert groups["gate"].with_mask.corrected == pytest.approx(0.5, abs=0.1)
    assert groups["gate"].with_mask.audited == 50


def test_an_estimate_is_the_same_each_time() -> None:
    given = evidence(population(with_mask=900), audited(MASK, MASK, 90), audited(MASK, BARE, 3))
    assert estimate_shares(given) == estimate_shares(given)


@pytest.mark.parametrize(
    "make",
    [
        lambda: PopulationCell(stratum="", predicted=MASK, faces=-1),
        lambda: AuditedFace(stratum="", photo=1, predicted=MASK, decided=MASK, chance=0),
        lambda: Evidence(audited=audited(MASK, MASK, 1)),
    ],
)
def test_impossible_evidence_is_refused(make) -> None:
    with pytest.raises(ValueError, match=r"face|chance"):
        make()


def test_the_labels_of_people_leave_out_what_is_no_face() -> None:
    assert (*PEOPLE, NO_FACE) == tuple(Label)
