"""What holds for the shares of any job, tried on random ones."""

from dataclasses import replace

import numpy as np
import pytest

from core.estimates.evidence import AuditedFace, DecidedCell, Evidence, PopulationCell
from core.estimates.shares import estimate_groups, estimate_shares
from models.label import CHOICES, Label

SEEDS = range(25)


def random_evidence(seed: int) -> Evidence:
    """A job of up to eight cells and two groups, with 30 to 200 audited faces of a few photos."""
    rng = np.random.default_rng(seed)
    cells = tuple(
        PopulationCell(
            stratum=str(number % 3),
            predicted=Label(list(Label)[number % 4]),
            group=str(number % 2),
            faces=int(rng.integers(40, 2000)),
            confidence=float(rng.uniform(0.3, 1)),
        )
        for number in range(int(rng.integers(1, 9)))
    )
    audited = tuple(
        AuditedFace(
            stratum=cell.stratum,
            predicted=cell.predicted,
            group=cell.group,
            photo=int(rng.integers(60)),
            decided=cell.predicted if rng.random() < 0.8 else CHOICES[rng.integers(len(CHOICES))],
            chance=float(rng.uniform(0.05, 1)),
        )
        for cell in cells
        for _ in range(30 if len(cells) == 1 else int(rng.integers(0, 40)))
    )
    decided = tuple(
        DecidedCell(predicted=Label.WITH_MASK, decided=said, faces=int(rng.integers(50)), group="0")
        for said in CHOICES[: int(rng.integers(len(CHOICES)))]
    )
    return Evidence(population=cells, audited=audited, decided=decided)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_interval_holds_the_estimate_and_shares_add_up(seed: int) -> None:
    for estimate in (
        estimate_shares(random_evidence(seed)),
        *estimate_groups(random_evidence(seed)).values(),
    ):
        shares = [share for _, share in estimate]
        if shares[0].corrected is None:
            continue
        assert sum(share.corrected for share in shares) == pytest.approx(1)
        for share in shares:
            if share.problem is None:
                assert 0 <= share.low <= share.corrected + 1e-9
                assert share.corrected - 1e-9 <= share.high <= 1


@pytest.mark.parametrize("seed", SEEDS[:8])
def test_the_order_of_cells_and_faces_makes_no_difference(seed: int) -> None:
    given = random_evidence(seed)
    turned = Evidence(
        population=given.population[::-1], audited=given.audited[::-1], decided=given.decided[::-1]
    )
    for (_, one), (_, other) in zip(estimate_shares(given), estimate_shares(turned), strict=True):
        assert one.corrected == pytest.approx(other.corrected)
        assert (one.low, one.high) == pytest.approx((other.low, other.high), abs=1e-6)


@pytest.mark.parametrize("seed", SEEDS[:8])
def test_an_audit_of_all_faces_is_exact_whatever_the_chances_say(seed: int) -> None:
    given = random_evidence(seed)
    counts = {
        (cell.stratum, cell.predicted, cell.group): sum(
            (face.stratum, face.predicted, face.group) == (cell.stratum, cell.predicted, cell.group)
            for face in given.audited
        )
        for cell in given.population
    }
    cells = tuple(
        replace(cell, faces=counts[cell.stratum, cell.predicted, cell.group]) for cell in given.population
    )
    for _, share in estimate_shares(replace(given, population=cells)):
        if share.problem is None:
            assert share.low == pytest.approx(share.corrected)
            assert share.high == pytest.approx(share.corrected)


@pytest.mark.parametrize("seed", SEEDS[:8])
def test_the_same_said_of_more_photos_narrows_the_interval(seed: int) -> None:
    given = random_evidence(seed)
    again = tuple(replace(face, photo=face.photo + 1000) for face in given.audited)
    cells = tuple(replace(cell, faces=cell.faces * 100) for cell in given.population)
    once = estimate_shares(replace(given, population=cells)).with_mask
    twice = estimate_shares(replace(given, population=cells, audited=given.audited + again)).with_mask
    assert twice.half_width is not None
    assert once.half_width is None or twice.half_width < once.half_width
