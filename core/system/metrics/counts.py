"""Counts what one process did, until it is added to the counters of the service in the database.

So every web process can tell the figures of all, also behind one address. A process that is killed loses the
few seconds that it had not added yet.
"""

import threading
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

from models import WorkEvent

#: Bounds of durations in seconds; a last bucket has what took longer.
WORK_BOUNDS = (0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 1800.0)
REQUEST_BOUNDS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)

#: Stage and event.
Work: TypeAlias = tuple[str, WorkEvent]
#: Route, method and class of the status.
Requests: TypeAlias = tuple[str, str, str]

Name = TypeVar("Name", Work, Requests)


@dataclass(frozen=True, kw_only=True)
class Counted:
    """What is added to one counter."""

    number: int = 0
    seconds: float = 0.0
    photos: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(
            number=self.number + other.number,
            seconds=self.seconds + other.seconds,
            photos=self.photos + other.photos,
        )


class Counts(Generic[Name]):
    """The counters of one process by name and bucket; any thread may call it."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self._bounds = bounds
        self._counts: dict[tuple[Name, int], Counted] = {}
        self._lock = threading.Lock()

    def note(self, name: Name, *, seconds: float = 0.0, photos: int = 0) -> None:
        """Count one attempt or request."""
        bucket = bisect_left(self._bounds, seconds)
        self.put_back({(name, bucket): Counted(number=1, seconds=seconds, photos=photos)})

    def take(self) -> dict[tuple[Name, int], Counted]:
        """What was counted since the last call."""
        with self._lock:
            taken, self._counts = self._counts, {}
            return taken

    def put_back(self, counts: Mapping[tuple[Name, int], Counted]) -> None:
        """Keep what could not be written for the next time."""
        with self._lock:
            for key, counted in counts.items():
                self._counts[key] = self._counts.get(key, Counted()) + counted
