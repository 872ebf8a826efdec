"""Programs that are forked where a start by `subprocess.Popen` would take four times as much CPU time.

That each part loads what it needs by itself is seen in `tests/acceptance/test_faults.py`, which forks none.
"""

import ctypes
import os
import runpy
import signal
import subprocess
import sys
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.forked import fork
from web import cli
from workers import stack

_PR_SET_NAME = 15
#: Above any number of an open file.
_ALL_FILES = 1 << 20


class ForkedProgram:
    """`maskloop WORDS` with a log of what it and its parts write; has what Service uses of Popen."""

    def __init__(self, *words: str, env: dict[str, str], log: Path) -> None:
        self._process = fork(_run_maskloop, env, str(log.absolute()), *words)
        assert self._process.pid is not None
        self.pid = self._process.pid

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float) -> int:
        """The exit status; subprocess.TimeoutExpired."""
        self._process.join(timeout)
        if (status := self._process.exitcode) is None:
            raise subprocess.TimeoutExpired("maskloop", timeout)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal while it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)


def _run_maskloop() -> None:
    """Its words are the log and those of the command."""
    log = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for output in (1, 2):
        os.dup2(log, output)
    os.close(log)
    stack.subprocess = _Forking()  # type: ignore[attr-defined]
    cli.main(sys.argv[2:], prog_name="maskloop")


class _Forking:
    """What the launcher uses of `subprocess`."""

    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self) -> None:
        self._forked: list[list[str]] = []

    def Popen(self, command: list[str], **options: Any) -> Any:
        """A forked process for the first start of a part, else a started one.

        When the launcher starts a part again it holds connections to SQLite, which a fork would break.
        """
        if "-m" not in command or command in self._forked:
            return subprocess.Popen(command, **options)
        self._forked.append(command)
        return _Part(command, **options)


class _Part:
    """A part of the service, a child of the launcher; has what the launcher uses of Popen."""

    def __init__(
        self, command: list[str], *, env: dict[str, str], process_group: int, preexec_fn: Callable[[], None]
    ) -> None:
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid:
            return
        status = 1
        try:
            os.setpgid(0, process_group)
            preexec_fn()
            _forget_parent(env)
            status = _run_module(command)
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)

    def poll(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        if self.returncode is None:
            ended, status = os.waitpid(self.pid, os.WNOHANG)
            self.returncode = os.waitstatus_to_exitcode(status) if ended else None
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit status; subprocess.TimeoutExpired."""
        deadline = time.monotonic() + (600 if timeout is None else timeout)
        while (status := self.poll()) is None:
            if time.monotonic() >= deadline:
                raise subprocess.TimeoutExpired("part", timeout or 600)
            time.sleep(0.02)
        return status

    def send_signal(self, number: int) -> None:
        """Send a signal while it runs."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """SIGKILL while it runs."""
        self.send_signal(signal.SIGKILL)


def _forget_parent(environment: dict[str, str]) -> None:
    """As an exec does: default answers to signals, no open file but the outputs, the given environment."""
    for number in signal.valid_signals():
        if callable(signal.getsignal(number)):
            signal.signal(number, signal.SIG_DFL)
    os.closerange(3, _ALL_FILES)
    os.environ.clear()
    os.environ.update(environment)


def _run_module(command: list[str]) -> int:
    """Run `python -m workers.start MODULE WORDS` in this process; its exit status."""
    _start, module, *words = command[command.index("-m") + 1 :]
    ctypes.CDLL(None).prctl(_PR_SET_NAME, short_name(module).encode())
    sys.argv[1:] = words
    # Modules of the parts are loaded, and are run once more as the program.
    warnings.simplefilter("ignore", RuntimeWarning)
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as ended:
        if isinstance(ended.code, str):
            sys.stderr.write(f"{ended.code}\n")
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def short_name(module: str) -> str:
    """What the system keeps of the name of a process."""
    return module[:15]
