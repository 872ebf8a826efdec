"""How fast this machine is now: bounds in seconds are for one that imports what a job needs in 1.4 s."""

import subprocess
import sys
import time

_IMPORTS = "import web.run_command, workers.drain, workers.handlers, cv2, onnxruntime"


def import_seconds() -> float:
    """Seconds that Python takes now for what a job imports, the best of three."""
    taken = []
    for _ in range(3):
        began = time.monotonic()
        subprocess.run([sys.executable, "-c", _IMPORTS], check=True, timeout=60)
        taken.append(time.monotonic() - began)
    return min(taken)
