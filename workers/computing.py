"""A thread of higher niceness for what is computed, beside the one that writes.

On SQLite all processes share one write lock. One of low priority that holds it may wait long for a core, and
everybody who wants to write waits with it. On Linux each thread has a niceness of its own, which it can raise
but never lower, so work and transactions take turns in two threads of a process.
"""

import os
import queue
import threading
from collections.abc import Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Computing:
    """Runs what a handler computes, and its transactions, in the thread that asks."""

    def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns; it may take long."""
        return work()

    def beside(self, change: Callable[[], Result]) -> Result:
        """What `change` returns, a short transaction; `work` may ask for it."""
        return change()


@dataclass(kw_only=True)
class _Call(Generic[Result]):
    """A function that another thread runs, and what came of it."""

    function: Callable[[], Result]
    context: Context
    #: Transactions for the thread that waits, and this call once it is done.
    answers: "queue.SimpleQueue[_Call[Any]]" = field(default_factory=queue.SimpleQueue)
    result: Result | None = None
    error: BaseException | None = None

    @classmethod
    def of(cls, function: Callable[[], Result]) -> "_Call[Result]":
        """The function with the context of this thread, whose ids its log lines carry."""
        return cls(function=function, context=copy_context())

    def run(self) -> None:
        """In the other thread."""
        try:
            self.result = self.context.run(self.function)
        except BaseException as error:
            self.error = error
        self.answers.put(self)

    def outcome(self) -> Result:
        """In the thread that waited: the result, or the error."""
        if self.error is not None:
            try:
                raise self.error
            finally:
                # Its traceback has this frame, which has the error.
                self.error = None
        return self.result  # type: ignore[return-value]


class ComputingThread(Computing):
    """Runs work in one thread that is nicer than the others; where a process has one niceness, all of it is.

    The thread that asks waits for the result, and runs the transactions that the work asks for meanwhile.
    """

    def __init__(self, nicer: int) -> None:
        """`nicer` is added to the niceness of the process, when work is run for the first time."""
        self._nicer = nicer
        self._waiting: queue.SimpleQueue[_Call[Any]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        #: What the thread runs now.
        self._call: _Call[Any] | None = None

    def run(self, work: Callable[[], Result]) -> Result:
        """What `work` returns."""
        if threading.current_thread() is self._thread:
            return work()
        self._start()
        call = _Call.of(work)
        self._waiting.put(call)
        while (answer := call.answers.get()) is not call:
            answer.run()
        return call.outcome()

    def beside(self, change: Callable[[], Result]) -> Result:
        """What `change` returns, run by the thread that waits for the work."""
        if threading.current_thread() is not self._thread or self._call is None:
            return change()
        call = _Call.of(change)
        self._call.answers.put(call)
        return call.answers.get().outcome()

    def _start(self) -> None:
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="computing", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        os.nice(self._nicer)
        while True:
            self._call = self._waiting.get()
            self._call.run()
            self._call = None
