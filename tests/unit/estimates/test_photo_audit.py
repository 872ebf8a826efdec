"""Missed and invented faces, from photos in which people boxed every face."""

import pytest

from core.estimates.photo_audit import CheckedPhoto, PhotoAudit, estimate_all_people, estimate_finder
from models.label import Label
from tests.unit.estimates.faces import audited, decided, evidence, population

MASK, BARE, *_ = Label


def photo(confirmed: int = 3, invented: int = 0, **missed: int) -> CheckedPhoto:
    return CheckedPhoto(
        confirmed=confirmed, invented=invented, missed={Label(name): n for name, n in missed.items()}
    )


def test_the_rates_of_missed_and_invented_faces() -> None:
    checked = (*[photo() for _ in range(80)], *[photo(invented=1, with_mask=1) for _ in range(20)])
    rates = estimate_finder(PhotoAudit(photos=1000, faces=3200, checked=checked))
    assert rates.missed.value == 20 / 320
    assert rates.invented.value == 20 / 320
    assert rates.missed.low < 20 / 320 < rates.missed.high < 0.13


def test_missed_faces_in_one_crowd_say_less_than_missed_faces_in_many_photos() -> None:
    spread = (*[photo() for _ in range(80)], *[photo(with_mask=1) for _ in range(20)])
    crowd = (*[photo() for _ in range(99)], photo(with_mask=20))
    one, other = (
        estimate_finder(PhotoAudit(photos=1000, faces=3000, checked=each)).missed for each in (spread, crowd)
    )
    assert other.high - other.low > 1.5 * (one.high - one.low)


def test_photos_without_a_miss_still_have_an_upper_limit() -> None:
    rates = estimate_finder(PhotoAudit(photos=1000, faces=3000, checked=(photo(),) * 60))
    assert rates.missed.value == 0
    assert 0.003 < rates.missed.high < 0.04


def test_all_photos_checked_leave_no_width() -> None:
    rates = estimate_finder(PhotoAudit(photos=2, faces=6, checked=(photo(), photo(with_mask=2))))
    assert (rates.missed.value, rates.missed.low, rates.missed.high) == (0.25, 0.25, 0.25)


def test_too_few_checked_photos_give_no_interval() -> None:
    rates = estimate_finder(PhotoAudit(photos=500, faces=1500, checked=(photo(),) * 10))
    assert (rates.missed.low, rates.missed.problem) == (None, "too few checked photos: 40 more")


def test_shares_among_all_people_hold_the_missed_ones() -> None:
    faces = evidence(
        population(with_mask=1500, without_mask=1500),
        audited(MASK, MASK, 100),
        audited(BARE, BARE, 100),
    )
    audit = PhotoAudit(
        photos=1000,
        faces=3000,
        checked=(*[photo() for _ in range(50)], *[photo(without_mask=1) for _ in range(50)]),
    )
    share = estimate_all_people(faces, audit).without_mask
    assert share.corrected == pytest.approx(2000 / 3500)
    assert share.low < 2000 / 3500 < share.high
    assert share.raw == 0.5


def test_all_decided_and_all_checked_is_exact() -> None:
    faces = evidence((), said=(decided(MASK, MASK, 6),))
    audit = PhotoAudit(photos=2, faces=6, checked=(photo(), photo(without_mask=2)))
    share = estimate_all_people(faces, audit).without_mask
    assert (share.corrected, share.low, share.high) == (0.25, 0.25, 0.25)


def test_more_checked_photos_than_photos_are_refused() -> None:
    with pytest.raises(ValueError, match="2 checked photos of 1"):
        PhotoAudit(photos=1, faces=6, checked=(photo(), photo()))


def test_a_face_predicted_as_no_face_is_missed_but_not_added_again() -> None:
    """The audited faces stand for it: only what was not found at all is added."""
    hidden = CheckedPhoto(confirmed=3, invented=0, missed={}, hidden={BARE: 1})
    audit = PhotoAudit(photos=1000, faces=3000, checked=(hidden,) * 100)
    faces = evidence(population(with_mask=3000), audited(MASK, MASK, 100))
    assert estimate_finder(audit).missed.value == 0.25
    assert estimate_all_people(faces, audit).without_mask.corrected == 0
