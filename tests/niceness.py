"""The niceness of one thread."""

import sys
import threading
from pathlib import Path

import pytest

ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a process has one niceness")


def niceness() -> int:
    """Of this thread, as the kernel has it."""
    stat = Path(f"/proc/self/task/{threading.get_native_id()}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[16])
