"""How the asynchronous client waits. Its twin in `_sync` is written by hand too."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")
ItemT = TypeVar("ItemT")


async def pause(seconds: float) -> None:
    """Let that time pass."""
    await asyncio.sleep(seconds)


async def run_blocking(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Call a function that reads or writes files, without holding up the event loop."""
    return await asyncio.to_thread(function, *given, **named)


async def for_each(items: Sequence[ItemT], work: Callable[[ItemT], Awaitable[None]], at_once: int) -> None:
    """Work on each item, several at a time; the first error ends the others and is raised."""
    waiting = iter(items)

    async def work_on() -> None:
        for item in waiting:
            await work(item)

    workers = [asyncio.ensure_future(work_on()) for _ in range(min(at_once, len(items)))]
    try:
        await asyncio.gather(*workers)
    finally:
        for worker in workers:
            worker.cancel()
        await asyncio.gather(*workers, return_exceptions=True)
