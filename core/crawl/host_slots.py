"""Host slots: how many requests one host gets at once and how often, over all workers together."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class HostSlot:
    """The right to make one request to a host; it expires if its holder dies."""

    host: str
    number: int
    token: str


@dataclass(frozen=True, kw_only=True)
class SlotWait:
    """No slot is free: the least seconds to wait, and whether the host itself asked for the pause."""

    seconds: float
    blocked: bool


class HostSlots(Protocol):
    """Gives out slots; `core/crawl/store.py` keeps them in the database."""

    def take(self, host: str) -> HostSlot | SlotWait:
        """A slot, or how long to wait before the next try."""
        ...

    def renew(self, held: HostSlot) -> None:
        """Keep the slot: the request is still running."""
        ...

    def release(self, held: HostSlot, *, pause: float) -> None:
        """Give the slot back; it stays closed for `pause` seconds, or longer if the settings say so."""
        ...

    def block(self, host: str, seconds: float) -> None:
        """Let no request to this host start for so many seconds."""
        ...
