"""Hold a claimed batch while working on it: a thread renews the lease and hears of pause and cancel."""

import threading
import time
from collections.abc import Callable
from types import TracebackType

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.jobs.claim import Claim
from core.jobs.lease import LeaseState, renew_lease

log = structlog.get_logger()


class Interrupted(Exception):
    """The batch must be let go of; `standing` says why."""

    def __init__(self, standing: LeaseState) -> None:
        super().__init__(standing.value)
        self.standing = standing


class Holding:
    """Context manager around the work on one batch; `check` is called between photos.

    Work that calls `check` no more is stuck, in a decoder for example. Its lease is renewed no longer, so
    that the batch returns, and `on_stuck` may end the process.
    """

    def __init__(
        self,
        db: Database,
        claim: Claim,
        *,
        lease_seconds: float,
        stuck_seconds: float,
        on_stuck: Callable[[], None],
    ) -> None:
        self._db, self._claim, self._lease_seconds = db, claim, lease_seconds
        self._stuck_seconds, self._on_stuck = stuck_seconds, on_stuck
        self._standing = LeaseState.HELD
        self._renewed_at = self._checked_at = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_ended, name="lease", daemon=True)

    def __enter__(self) -> "Holding":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Raise Interrupted when the batch is no longer ours to go on with."""
        self._checked_at = time.monotonic()
        if self._standing is not LeaseState.HELD:
            raise Interrupted(self._standing)

    def _renew_until_ended(self) -> None:
        pause = min(1.0, self._lease_seconds / 4)
        while not self._ended.wait(pause) and self._standing is LeaseState.HELD:
            if time.monotonic() - self._checked_at > self._stuck_seconds:
                self._give_up()
                return
            try:
                with self._db.write() as session:
                    self._standing = renew_lease(session, self._claim, self._lease_seconds)
                self._renewed_at = time.monotonic()
            except SQLAlchemyError as error:
                self._bear(error)

    def _give_up(self) -> None:
        log.error("batch_stuck", batch=self._claim.batch_id, seconds=self._stuck_seconds)
        self._standing = LeaseState.LOST
        self._on_stuck()

    def _bear(self, error: SQLAlchemyError) -> None:
        """A database that is away for a moment costs nothing; one away for a whole lease costs the batch."""
        log.warning("lease_not_renewed", batch=self._claim.batch_id, error=str(error).splitlines()[0])
        if time.monotonic() - self._renewed_at > self._lease_seconds:
            self._standing = LeaseState.LOST
