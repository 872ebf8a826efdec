"""Ask something that may hang, such as a network disk or a broker, and give up in time."""

import time
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from threading import Lock, Thread
from typing import Any, Generic, TypeVar

from core.errors import TransientError

T = TypeVar("T")

_asked: dict[str, Future[Any]] = {}
_lock = Lock()


class Question(Generic[T]):
    """A question that is being answered in a thread of its own.

    One that hangs keeps its thread. It is not asked again before it has ended, so that a page which is opened
    often leaves one thread behind, not hundreds. `place` tells two services of one process apart.
    """

    def __init__(self, subject: str, ask: Callable[[], T], *, place: object = "") -> None:
        self.subject = subject
        key = f"{subject} {place}"
        with _lock:
            before = _asked.get(key)
            if before is None or before.done():
                before = _asked[key] = _start(ask)
            self._future: Future[T] = before
        self._asked_at = time.monotonic()

    def answer(self, seconds: float) -> T:
        """What the question returns or raises; TransientError no_answer so long after it was asked."""
        left = self._asked_at + seconds - time.monotonic()
        try:
            return self._future.result(timeout=max(left, 0.0))
        except TimeoutError as error:
            if self._future.done():
                raise
            raise TransientError(
                "no_answer", f"{self.subject} did not answer within {seconds:g} seconds."
            ) from error


def _start(ask: Callable[[], T]) -> Future[T]:
    """Ask in a thread that does not keep the process alive."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(ask())
        except BaseException as error:
            future.set_exception(error)

    # In the context of the request that asks, whose id its log lines carry.
    Thread(target=copy_context().run, args=(run,), daemon=True).start()
    return future
