"""How many cameras are open, and that they are not too many."""

import threading

from core.errors import TransientError


class Seats:
    """One a camera; every camera holds a thread of the web server."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._taken = 0
        self._lock = threading.Lock()

    @property
    def taken(self) -> int:
        """Cameras that are open now."""
        return self._taken

    def check(self) -> None:
        """Raise TransientError too_many_cameras when none is free."""
        if self._taken >= self.most:
            raise TransientError(
                "too_many_cameras", f"{self.most} cameras are open already; try again when one has left."
            )

    def take(self) -> None:
        """Take one; TransientError too_many_cameras."""
        with self._lock:
            self.check()
            self._taken += 1

    def leave(self) -> None:
        """Give one back."""
        with self._lock:
            self._taken -= 1
