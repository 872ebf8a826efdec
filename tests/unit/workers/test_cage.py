"""Decoders in processes with limits of the kernel: what eats memory or hangs costs itself alone."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from PIL import Image

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the kernel's limits are Linux's")


def _run(script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script), *arguments],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_photo_that_needs_more_memory_than_a_worker_has_is_an_error_and_the_next_one_is_read(
    tmp_path: Path,
) -> None:
    for kind in ("PNG", "JPEG", "WEBP"):
        Image.new("RGB", (6000, 6000), "teal").save(tmp_path / kind, kind)
    Image.new("RGB", (400, 400), "teal").save(tmp_path / "small", "JPEG")
    done = _run(
        """
        import sys
        from pathlib import Path
        from core.detection.decode import decode_photo
        from core.errors import InputError
        from workers.processes import limit_memory

        folder = Path(sys.argv[1])
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        limit_memory(int(status["VmData"].split()[0]) // 1024 + 60)
        for kind in ("PNG", "JPEG", "WEBP"):
            try:
                decode_photo((folder / kind).read_bytes())
            except InputError as error:
                print(kind, error.code)
            print(decode_photo((folder / "small").read_bytes()).rgb.shape)
        """,
        str(tmp_path),
    )
    small = "(400, 400, 3)"
    lines = [line for kind in ("PNG", "JPEG", "WEBP") for line in (f"{kind} photo_too_large_pixels", small)]
    assert done.stdout.splitlines() == lines, done.stderr


def test_a_process_in_which_no_thread_of_python_runs_any_more_is_ended() -> None:
    """As a decoder leaves it that hangs and keeps the interpreter's lock."""
    done = _run(
        """
        import ctypes
        from workers.processes import end_after

        end_after(0.5)
        ctypes.PyDLL(None).sleep(60)
        """
    )
    assert done.returncode == -signal.SIGALRM


def test_a_process_that_shows_life_is_not_ended() -> None:
    done = _run(
        """
        import time
        from workers.processes import end_after

        for _ in range(4):
            end_after(3)
            time.sleep(1)
        end_after(0)
        print("alive")
        """
    )
    assert (done.returncode, done.stdout) == (0, "alive\n")


def test_a_worker_process_has_the_limit_of_the_settings_and_puts_off_its_end_while_it_works() -> None:
    done = _run(
        """
        import os
        import resource
        import signal
        limits = {"WORKER_MEMORY_MB": "777", "STUCK_SECONDS": "40", "LEASE_SECONDS": "5"}
        os.environ.update({f"MASKLOOP_{name}": value for name, value in limits.items()})
        from workers import tasks

        tasks._prepare_child()
        print(resource.getrlimit(resource.RLIMIT_DATA)[0] >> 20)
        tasks._heart = lambda: type("Heart", (), {"beat": lambda self: None})()
        tasks._show_life()
        print(round(signal.getitimer(signal.ITIMER_REAL)[0]))
        """
    )
    assert done.stdout.splitlines() == ["777", "45"], done.stderr
