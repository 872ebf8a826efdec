"""Options of a queue."""

import pytest

from core.errors import InputError
from core.review.options import QueueOptions
from models import Label, ReviewReason


@pytest.mark.parametrize("shares", [{}, {ReviewReason.UNCERTAIN: 101}, {ReviewReason.GOLD: 10}])
def test_invalid_shares_are_refused(shares: dict[ReviewReason, int]) -> None:
    with pytest.raises(Exception, match=r"share|kind of face"):
        QueueOptions(shares=shares)


@pytest.mark.parametrize(
    "shares", [[None], 7, "half", {"uncertain": [1]}, {"nonsense": 1}, {"uncertain": None}]
)
def test_shares_that_are_none_are_an_error_of_the_input(shares: object) -> None:
    with pytest.raises(InputError):
        QueueOptions.from_json({"shares": shares})


def test_options_survive_a_round_trip_through_json() -> None:
    options = QueueOptions(job_id=3, label=Label.INCORRECT, show_guess=True, host="example.org")
    assert QueueOptions.from_json(options.to_json() | {"of another version": 1}) == options
