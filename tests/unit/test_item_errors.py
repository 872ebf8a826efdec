"""An error of one item costs that item alone; what strikes all of them, or is none of theirs, is raised."""

import errno

import pytest
from sqlalchemy.exc import OperationalError

from core.errors import InputError, PermanentError, TransientError
from core.item_errors import ItemErrors
from core.jobs.lease import LeaseLost, LeaseState
from workers.fetch_turn import Stopped
from workers.lease_keeper import Interrupted


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("empty_file", "x"), "empty_file"),
        (KeyError("url"), "unexpected_error"),
        (ValueError(), "unexpected_error"),
        (OSError(errno.EIO, "a bad sector"), "unexpected_error"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "x"), "unexpected_error"),
    ],
)
def test_an_error_becomes_the_result_of_its_item(error: Exception, code: str) -> None:
    errors = ItemErrors()
    assert errors.input_error(error, photo=1).code == code
    errors.check(2)


@pytest.mark.parametrize(
    "error",
    [
        TransientError("disk_full", "x"),
        PermanentError("weights_missing", "x"),
        OSError(errno.ENOSPC, "x"),
        OSError(errno.EDQUOT, "x"),
        OperationalError("SELECT", {}, Exception("x")),
        MemoryError(),
        LeaseLost("x"),
        Interrupted(LeaseState.PAUSED),
        Stopped(),
    ],
)
def test_what_is_no_items_own_is_raised(error: Exception) -> None:
    with pytest.raises(type(error)):
        ItemErrors().input_error(error)


def test_a_bug_that_strikes_every_item_is_raised() -> None:
    errors = ItemErrors()
    for position in range(3):
        errors.input_error(KeyError(position))
    errors.check(4)
    with pytest.raises(KeyError, match="0"):
        errors.check(3)


def test_known_errors_of_every_item_are_results() -> None:
    errors = ItemErrors()
    errors.input_error(InputError("empty_file", "x"))
    errors.check(1)
    ItemErrors().check(0)
