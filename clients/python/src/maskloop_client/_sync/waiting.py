"""How the synchronous client waits. Written by hand; all other files here are made of `_async`."""

import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def pause(seconds: float) -> None:
    """Let that time pass."""
    time.sleep(seconds)


def run_blocking(function: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """Call a function that reads or writes files."""
    return function(*given, **named)
