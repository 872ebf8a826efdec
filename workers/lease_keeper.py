"""Keep the lease of the batch in work: a thread renews it and notices pause and cancel."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context
from types import TracebackType

import structlog
from sqlalchemy.exc import SQLAlchemyError

from core.database import Database
from core.errors import StopWork
from core.jobs.claim import Claim
from core.jobs.lease import LeaseState, extend_lease

log = structlog.get_logger()


class Interrupted(StopWork):
    """The handler must stop working on its batch; `state` says why."""

    def __init__(self, state: LeaseState) -> None:
        super().__init__(state.value)
        self.state = state


class LeaseKeeper:
    """Context manager around the work on one batch; the handler calls `check` between photos.

    A handler that stops calling `check` is stuck, in a decoder for example. Its lease is then no longer
    renewed, so that another worker gets the batch, and `on_stuck` may end the process.
    """

    def __init__(
        self,
        db: Database,
        claim: Claim,
        *,
        lease_seconds: float,
        stuck_seconds: float,
        on_stuck: Callable[[], None],
        on_renew: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_renew` is called after each renewal, which the working thread's calls of `check` allow."""
        self._db, self._claim, self._lease_seconds = db, claim, lease_seconds
        self._stuck_seconds, self._on_stuck, self._on_renew = stuck_seconds, on_stuck, on_renew
        self._state = LeaseState.HELD
        self._renewed_at = self._checked_at = time.monotonic()
        self._ended = threading.Event()
        # In the context of the batch, whose ids its log lines carry.
        context = copy_context()
        self._thread = threading.Thread(
            target=context.run, args=(self._renew_until_ended,), name="lease", daemon=True
        )

    def __enter__(self) -> "LeaseKeeper":
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def check(self) -> None:
        """Raise Interrupted if the job was paused or cancelled, or the lease is lost; a sign of life."""
        self._checked_at = time.monotonic()
        self.watch()

    def watch(self) -> None:
        """Raise Interrupted as `check` does, without a sign of life: for a thread that waits for others."""
        if self._state is not LeaseState.HELD:
            raise Interrupted(self._state)

    @contextmanager
    def hold(self, seconds: float) -> Iterator[None]:
        """Keep the lease for at least `seconds` from each renewal, while the block runs.

        For a call into a library that lets no other thread run, so that nothing can be renewed: on a slow
        machine the lease would end meanwhile, and the next worker would lose it in the same place. A kill
        costs that time.
        """
        usual, self._lease_seconds = self._lease_seconds, max(self._lease_seconds, seconds)
        try:
            self._renew()
            self.check()
            yield
        finally:
            self._lease_seconds = usual

    @contextmanager
    def transfer(self, seconds: float) -> Iterator[None]:
        """Allow a block that copies a file so many seconds without a sign of life.

        The lease is renewed meanwhile as at any time, so that a kill costs no more than usual.
        """
        usual, self._stuck_seconds = self._stuck_seconds, max(self._stuck_seconds, seconds)
        self.check()
        try:
            yield
        finally:
            self._checked_at, self._stuck_seconds = time.monotonic(), usual

    def give_up(self) -> None:
        """End the process, if `on_stuck` does; at least the lease is no longer renewed."""
        log.error("batch_given_up", batch=self._claim.batch_id)
        self._state = LeaseState.LOST
        self._on_stuck()

    def _renew_until_ended(self) -> None:
        pause = min(1.0, self._lease_seconds / 4)
        while not self._ended.wait(pause) and self._state is LeaseState.HELD:
            if time.monotonic() - self._checked_at > self._stuck_seconds:
                self._on_stuck_handler()
                return
            self._renew()

    def _renew(self) -> None:
        try:
            self._state = extend_lease(self._db, self._claim, self._lease_seconds)
            self._renewed_at = time.monotonic()
            self._on_renew()
        except SQLAlchemyError as error:
            self._on_renew_error(error)

    def _on_stuck_handler(self) -> None:
        log.error("batch_stuck", batch=self._claim.batch_id, seconds=self._stuck_seconds)
        self._state = LeaseState.LOST
        self._on_stuck()

    def _on_renew_error(self, error: SQLAlchemyError) -> None:
        """Keep going for as long as the lease can still be ours."""
        log.warning("lease_not_renewed", batch=self._claim.batch_id, error=str(error).splitlines()[0])
        if time.monotonic() - self._renewed_at > self._lease_seconds:
            self._state = LeaseState.LOST
