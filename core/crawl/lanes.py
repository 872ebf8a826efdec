"""Lanes of hosts: how many may ask one host at once, and how soon again, over all workers together."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class LanePass:
    """The right to make one request to a host; it ends by itself where its holder dies."""

    host: str
    number: int
    token: str


@dataclass(frozen=True, kw_only=True)
class LaneWait:
    """No lane is free: for how long at least, and whether the host itself asked for the pause."""

    seconds: float
    blocked: bool


class Lanes(Protocol):
    """Where passes come from."""

    def enter(self, host: str) -> LanePass | LaneWait:
        """A pass, or how long to wait before asking again."""
        ...

    def renew(self, held: LanePass) -> None:
        """Hold on to the lane: the request goes on."""
        ...

    def leave(self, held: LanePass, *, pause: float) -> None:
        """Give the pass back; its lane rests for `pause` seconds, or for the usual time if that is longer."""
        ...

    def block(self, host: str, seconds: float) -> None:
        """Nobody asks this host for so long."""
        ...
