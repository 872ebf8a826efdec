"""One turn of a fetch batch: its hits in threads, for a bounded time, with a bounded end."""

import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context

from core.crawl.fetch.hit_fetcher import HitResult, HitToFetch
from core.errors import StopWork
from workers.engine import BatchRun

#: Hits of a batch that are fetched at the same time; host slots may allow fewer.
THREADS = 8
#: After this time a batch begins no further hit, so that other jobs get their turn.
TURN_SECONDS = 15.0
#: How long threads may take to end once they are told to: they look several times a second.
_JOIN_SECONDS = 15.0
_POLL_SECONDS = 0.25


class Stopped(StopWork):
    """Raised in the threads of a batch that must stop."""


class FetchTurn:
    """Threads that fetch hits until the turn is over; what was begun is finished.

    The lease lives by what the threads do, through `check`; the thread that waits for them does not count.
    """

    def __init__(self, run: BatchRun) -> None:
        self._run, self._stop = run, threading.Event()
        self._over_at = time.monotonic() + TURN_SECONDS

    def check(self) -> None:
        """For the threads, several times a second: raises Stopped or Interrupted when they must end."""
        if self._stop.is_set():
            raise Stopped
        self._run.check()

    def is_over(self) -> bool:
        """Whether hits may no longer be begun."""
        return time.monotonic() > self._over_at

    def fetch(
        self,
        hits: Sequence[HitToFetch],
        fetch: Callable[[HitToFetch], HitResult],
        save: Callable[[Collection[HitResult]], None],
    ) -> bool:
        """Fetch hits and save results as they arrive; False if some were not begun.

        If a thread does not end when it is told to, the process ends itself: nothing else frees the thread.
        """
        pool = ThreadPoolExecutor(THREADS, thread_name_prefix="fetch")
        # However short the turn, the first hits are begun: a batch always comes forward.
        running = {self._begin(pool, fetch, hit) for hit in hits[:THREADS]}
        waiting = deque(hits[THREADS:])
        try:
            while running or (waiting and not self.is_over()):
                while waiting and len(running) < THREADS and not self.is_over():
                    running.add(self._begin(pool, fetch, waiting.popleft()))
                done, running = wait(running, timeout=_POLL_SECONDS, return_when=FIRST_COMPLETED)
                # First, since a pause or cancel would lose what has been fetched.
                save([future.result() for future in done])
                self._run.watch()
        finally:
            self._stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            if wait(running, timeout=_JOIN_SECONDS).not_done:
                self._run.give_up()
        return not waiting

    @staticmethod
    def _begin(
        pool: ThreadPoolExecutor, fetch: Callable[[HitToFetch], HitResult], hit: HitToFetch
    ) -> Future[HitResult]:
        """In a copy of the batch's context, whose ids the log lines carry."""
        return pool.submit(copy_context().run, fetch, hit)
