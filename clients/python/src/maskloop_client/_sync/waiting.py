"""How the synchronous client waits. Written by hand; all other files here are made of `_async`."""

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from threading import Event, Lock
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")


def pause(seconds: float) -> None:
    """Let that time pass."""
    time.sleep(seconds)


def run_blocking(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Call a function that reads or writes files."""
    return function(*given, **named)


def for_each(items: Sequence[ItemT], work: Callable[[ItemT], None], at_once: int) -> None:
    """Work on each item, in several threads; the first error ends the others and is raised."""
    waiting, lock, ended = iter(items), Lock(), Event()

    def work_on() -> None:
        while not ended.is_set():
            with lock:
                item = next(waiting, None)
            if item is None:
                return
            work(item)

    with ThreadPoolExecutor(max_workers=max(1, min(at_once, len(items)))) as threads:
        workers = [threads.submit(work_on) for _ in range(min(at_once, len(items)))]
        try:
            for worker in as_completed(workers):
                worker.result()
        finally:
            ended.set()
