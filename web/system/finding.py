"""What the doctor says about one thing: its state, a sentence, and what to do."""

from dataclasses import dataclass
from enum import StrEnum

from core.number_text import decimal

#: A clock that differs by more, in seconds, puts wrong times into logs; by much more, signatures and tokens
#: of other services are refused.
_ODD_CLOCK, _WRONG_CLOCK = 3.0, 60.0
_CLOCK = "Switch time synchronisation on, such as systemd-timesyncd or chrony, on every host."


class State(StrEnum):
    """How a thing stands."""

    OK = "ok"
    #: It works now; it may not later, or only a part is missing.
    WARNING = "warning"
    #: Jobs stand still or are lost until it is mended.
    FAILED = "failed"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One checked thing."""

    name: str
    state: State
    sentence: str
    #: What to do; empty where nothing is to be done.
    advice: str = ""


def fine(name: str, sentence: str) -> Finding:
    """A thing that is as it should be."""
    return Finding(name=name, state=State.OK, sentence=sentence)


def doubtful(name: str, sentence: str, advice: str) -> Finding:
    """A thing to look at."""
    return Finding(name=name, state=State.WARNING, sentence=sentence, advice=advice)


def broken(name: str, sentence: str, advice: str) -> Finding:
    """A thing to mend."""
    return Finding(name=name, state=State.FAILED, sentence=sentence, advice=advice)


def judge_clock(name: str, seconds: float) -> Finding:
    """What a clock that differs from this machine's by so many seconds means."""
    sentence = f"The clocks of this machine and of {name} are {decimal(seconds)} seconds apart."
    if seconds > _WRONG_CLOCK:
        return broken("clock", sentence, _CLOCK)
    return doubtful("clock", sentence, _CLOCK) if seconds > _ODD_CLOCK else fine("clock", sentence)
