"""A question that hangs is given up in time, and leaves one thread behind."""

import threading
import time

import pytest

from core.errors import TransientError
from core.system.patience import Question


def test_an_answer_and_an_error_come_through() -> None:
    assert Question("It", lambda: 7).answer(5) == 7

    def fail() -> int:
        raise OSError("no such device")

    with pytest.raises(OSError, match="no such device"):
        Question("It", fail).answer(5)


def test_a_question_that_hangs_is_given_up_and_not_asked_twice() -> None:
    release, asked = threading.Event(), []

    def hang() -> str:
        asked.append(1)
        release.wait(30)
        return "late"

    began = time.monotonic()
    for _ in range(5):
        with pytest.raises(TransientError, match=r"The disk did not answer within 0\.05 seconds") as given_up:
            Question("The disk", hang, place="here").answer(0.05)
        assert given_up.value.code == "no_answer"
    assert time.monotonic() - began < 5 and len(asked) == 1
    assert Question("The disk", lambda: "another", place="there").answer(5) == "another"
    last = Question("The disk", hang, place="here")
    release.set()
    assert last.answer(5) == "late"
    assert Question("The disk", lambda: "again", place="here").answer(5) == "again"
