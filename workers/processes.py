"""Rules for the processes of a service: their ends, their memory, and one service for a data folder."""

import atexit
import ctypes
import fcntl
import gc
import os
import resource
import signal
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import IO

from core.errors import PermanentError

_PR_SET_PDEATHSIG = 1
#: M_ARENA_MAX of malloc.h.
_ARENA_MAX = -8
_POLL_SECONDS = 0.5


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set from now on."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def end_loading() -> None:
    """Look for garbage from now on, though never in what is loaded by now, nor when this process ends.

    Each of the two would take half a second.
    """
    gc.freeze()
    gc.enable()
    atexit.register(gc.freeze)


def die_with_parent() -> None:
    """Kill this process when its parent dies: by the kernel on Linux, by a polling thread elsewhere.

    The kernel watches the thread that started the child, so start children from a thread that lives as
    long as the process.
    """
    parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)
        return
    threading.Thread(target=_watch, args=(parent,), name="orphan-watch", daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_POLL_SECONDS)
    os.kill(os.getpid(), signal.SIGKILL)


def limit_memory(megabytes: int) -> None:
    """Let this process allocate no more than that, held by the kernel; on Linux alone, and 0 for no limit.

    What needs more gets a MemoryError, or ends the process where a library cannot handle that.
    """
    if sys.platform != "linux" or not megabytes:
        return
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = megabytes << 20
    resource.setrlimit(
        resource.RLIMIT_DATA, (wanted if most == resource.RLIM_INFINITY else min(wanted, most), most)
    )


def share_heaps(most: int) -> None:
    """Let all threads share so many heaps of glibc, which otherwise makes up to eight for each core.

    Each keeps what its threads took at most, so that a process with many short threads grows for hours.
    """
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_ARENA_MAX, most)


def end_after(seconds: float) -> None:
    """Let the kernel end this process in so many seconds, unless it is asked again; 0: let it live.

    It does so by SIGALRM, for which nothing here has a handler, also if no thread of Python runs any more.
    """
    signal.setitimer(signal.ITIMER_REAL, seconds)


_LOCK_FILE = "service.lock"


def holder_note(folder: Path) -> str | None:
    """The note of the service that runs on this folder, None if there is none."""
    try:
        with (folder / _LOCK_FILE).open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return (folder / _LOCK_FILE).read_text(encoding="utf-8").strip() or None
    except FileNotFoundError:
        return None
    return None


def lock_data_folder(folder: Path, *, note: str) -> IO[str]:
    """Lock the folder until the returned file is closed.

    Raises PermanentError already_running, which shows the note of the service that holds the lock.
    """
    file = (folder / _LOCK_FILE).open("a+", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        holder = file.read().strip()
        file.close()
        raise PermanentError(
            "already_running", f"Maskloop is already running on {folder}{f': {holder}' if holder else ''}."
        ) from error
    file.truncate(0)
    file.write(note)
    file.flush()
    return file
