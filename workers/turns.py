"""Turns of a worker process: stages that wait for other machines leave as much time to those that compute."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.jobs.claim import Claim
from core.jobs.kinds import waiting_stage_names


class Turns:
    """What a worker process may claim next; one object for its whole life.

    Of several workers of a host one is kept for stages that compute. A single worker takes turns by time:
    after a batch that waited for other machines, the others come first for as long as that batch took.
    """

    def __init__(self) -> None:
        self._others_first_until = 0.0

    def most_waiting(self, workers: int) -> int | None:
        """How many waiting batches the workers of this host may hold at once; None for any number."""
        if workers > 1:
            return workers - 1
        return 0 if time.monotonic() < self._others_first_until else None

    @contextmanager
    def measure(self, claim: Claim) -> Iterator[None]:
        """Count the time of a batch."""
        began = time.monotonic()
        try:
            yield
        finally:
            now = time.monotonic()
            if claim.kind in waiting_stage_names():
                self._others_first_until = now + (now - began)
