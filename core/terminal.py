"""Keep what libraries print off a person's terminal; imports nothing, since every command begins with it."""

import os
import sys
from typing import TextIO


class _Terminal:
    """Where a command's own messages go once `quiet_libraries` was called."""

    stream: TextIO | None = None


def quiet_libraries() -> None:
    """Discard what C libraries print, such as libjpeg and TensorFlow; Python still writes to the terminal.

    For commands: call it before logs are set up. Does nothing where standard error was replaced, as in tests.
    """
    if _Terminal.stream is not None or sys.stderr is not sys.__stderr__:
        return
    _Terminal.stream = sys.stderr = os.fdopen(os.dup(2), "w", buffering=1, errors="backslashreplace")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    os.close(null)


def stderr_of_children() -> TextIO | None:
    """What a command gives its processes as standard error; None to let them inherit it."""
    return _Terminal.stream
