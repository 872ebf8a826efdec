"""How the asynchronous client waits. Its twin in `_sync` is written by hand too."""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


async def pause(seconds: float) -> None:
    """Let that time pass."""
    await asyncio.sleep(seconds)


async def run_blocking(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Call a function that reads or writes files, without holding up the event loop."""
    return await asyncio.to_thread(function, *given, **named)
