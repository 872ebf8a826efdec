"""Whether the service does its work: each check by name, with a sentence for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.number_text import plural
from models import ServicePart

#: A process whose last sign of life is older, in seconds, is silent.
SILENT_SECONDS = 30.0
#: Parts without which no job moves. The others are missed only where they ran before.
_NEEDED = (ServicePart.WORKER, ServicePart.TICK)
#: Names of the parts in sentences, where they differ from their values.
_WORDS = {ServicePart.LIVE: "live process"}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that must be so."""

    ok: bool
    sentence: str
    #: Whether the service stands still without it.
    needed: bool = True


@dataclass(frozen=True, kw_only=True)
class Beat:
    """The last sign of life of one process."""

    part: ServicePart
    host: str
    pid: int
    seconds_ago: float

    @property
    def is_alive(self) -> bool:
        """Whether it is recent; a sign from the future is left by a clock that was set back."""
        return abs(self.seconds_ago) <= SILENT_SECONDS


@dataclass(frozen=True, kw_only=True)
class ServiceHealth:
    """All checks by name."""

    checks: dict[str, Check]
    oldest_waiting_seconds: float | None = None

    @property
    def ok(self) -> bool:
        """Whether every needed check holds."""
        return all(check.ok for check in self.checks.values() if check.needed)

    @property
    def sentence(self) -> str:
        """What is wrong; that all is well if nothing is."""
        wrong = [check.sentence for check in self.checks.values() if not check.ok]
        if wrong:
            return " ".join(wrong)
        return self.checks["work"].sentence if "work" in self.checks else "All parts answer."

    def to_json(self) -> dict[str, Any]:
        """As `/health` answers."""
        return {
            "ok": self.ok,
            "sentence": self.sentence,
            "oldest_waiting_seconds": self.oldest_waiting_seconds,
            "checks": {
                name: {"ok": check.ok, "sentence": check.sentence} for name, check in self.checks.items()
            },
        }


def check_parts(beats: Sequence[Beat]) -> dict[str, Check]:
    """One check for each part of the service."""
    return {
        part.value: _check_part(part, [beat for beat in beats if beat.part is part]) for part in ServicePart
    }


def check_leases(expired: int) -> Check:
    """Leases that ran out some time ago and were given to nobody."""
    if not expired:
        return Check(ok=True, sentence="No lease has run out.")
    batches = plural(expired, "batch", "batches")
    return Check(ok=False, sentence=f"The lease of {batches} has run out, and the tick has not returned it.")


def check_watched(unreadable: Sequence[int], active: int, *, watcher_is_alive: bool) -> Check:
    """The folders of schedules that wait for photos; by number, since anybody may ask."""
    if active and not watcher_is_alive:
        words = plural(active, "schedule waits", "schedules wait")
        return Check(ok=False, sentence=f"{words} for new photos, but no watcher runs.", needed=False)
    if unreadable:
        numbers = ", ".join(map(str, unreadable))
        words = "The folder of schedule" if len(unreadable) == 1 else "The folders of schedules"
        return Check(ok=False, sentence=f"{words} {numbers} cannot be read now.", needed=False)
    return Check(ok=True, sentence=f"Watched: {plural(active, 'folder')}.")


def _check_part(part: ServicePart, beats: Sequence[Beat]) -> Check:
    alive = sum(beat.is_alive for beat in beats)
    words = _WORDS.get(part, part.value)
    if alive:
        return Check(ok=True, sentence=f"Running: {plural(alive, 'process', 'processes')}.")
    if beats:
        silent = min(abs(beat.seconds_ago) for beat in beats)
        sentence = f"The {words} has given no sign of life for {silent:.0f} seconds."
        return Check(ok=False, sentence=sentence)
    return Check(ok=part not in _NEEDED, sentence=f"No {words} is running.")
