"""Photos that a kept one stands for follow it into the group of a better photo, if they are similar to it."""

from core.dedup.grouping import Candidate
from core.dedup.similar import pair_of, with_followers


def photos(*pixels: int) -> dict[int, Candidate]:
    """With ids from 1 on and so many pixels."""
    return {
        at: Candidate(photo_id=at, phash=0, dhash=0, pixel_hash=None, pixels=count, bytes=1)
        for at, count in enumerate(pixels, 1)
    }


def test_the_better_one_is_laid_over_what_the_other_stands_for() -> None:
    found = [pair_of(2, 1, 0.9), pair_of(1, 5, 0.8)]
    followers = {1: [3, 4, 5], 2: [6]}
    assert list(with_followers(found, photos(50, 90, 9, 9, 9, 9), followers)) == [(2, 3), (2, 4), (2, 5)]
    assert list(with_followers(found, photos(90, 50, 9, 9, 9, 9), followers)) == [(1, 6)]


def test_no_pair_is_looked_at_twice() -> None:
    found = [pair_of(1, 2, 0.9), pair_of(1, 3, 0.9), pair_of(2, 3, 0.9)]
    followers = {2: [4, 3], 3: [4]}
    assert list(with_followers(found, photos(90, 50, 40, 9), followers)) == [(1, 4), (2, 4)]


def test_a_photo_that_is_gone_has_none() -> None:
    assert list(with_followers([pair_of(1, 9, 0.9)], photos(90), {9: [1]})) == []
