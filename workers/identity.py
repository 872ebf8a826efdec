"""The name under which a worker process claims."""

import os
import socket


def worker_name() -> str:
    """Host and process, as pages and logs show it."""
    return f"{socket.gethostname()}:{os.getpid()}"
