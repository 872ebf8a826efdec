"""The processes of the service, each started with its own command as Docker Compose starts it."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from workers.processes import die_with_parent

#: The installed command.
MASKLOOP = str(Path(sys.executable).with_name("maskloop"))
#: The pauses of `restart: unless-stopped`, which double; after a longer life they begin anew.
_FIRST_PAUSE, _LONGEST_PAUSE, _LIVED = 0.1, 5.0, 10.0
_STOP_SECONDS = 25.0


@dataclass
class Part:
    """One service of the compose file; it is started again whenever it ends."""

    name: str
    environment: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    ended_at: float | None = None
    failures: int = field(default=0)
    #: Words before the command, which make it run somewhere else.
    prefix: tuple[str, ...] = ()

    def start(self) -> None:
        """Start it in its own process group; it dies with the thread that called this."""
        self.started_at, self.ended_at = time.monotonic(), None
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*self.prefix, MASKLOOP, self.name],
                env=dict(self.environment),
                stdout=log,
                stderr=log,
                process_group=0,
                preexec_fn=die_with_parent,
            )

    def watch(self) -> None:
        """Start it again once it has ended and its pause is over."""
        if self.process is None or self.process.poll() is None:
            return
        now = time.monotonic()
        if self.ended_at is None:
            self.ended_at = now
            self.failures = 0 if now - self.started_at > _LIVED else self.failures + 1
        if now - self.ended_at >= min(_FIRST_PAUSE * 2**self.failures, _LONGEST_PAUSE):
            self.start()

    def tree(self) -> list[psutil.Process]:
        """The process and all below it, itself first; empty once it has ended."""
        if self.process is None or self.process.poll() is not None:
            return []
        try:
            own = psutil.Process(self.process.pid)
            return [own, *own.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []


class Parts:
    """All parts of a run. Start and watch them from one thread."""

    def __init__(self, parts: Mapping[str, Part]) -> None:
        """Parts by name; of several of one kind each has a number behind, such as worker2."""
        self._parts = parts

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __getitem__(self, name: str) -> Part:
        return self._parts[name]

    def start(self) -> None:
        """Start every part."""
        for part in self._parts.values():
            part.start()

    def watch(self) -> None:
        """Start again what has ended."""
        for part in self._parts.values():
            part.watch()

    def stop(self) -> list[str]:
        """Stop every part as `docker compose stop` does; the processes that outlived it, which are killed."""
        trees = [process for part in self._parts.values() for process in part.tree()]
        for part in self._parts.values():
            for process in part.tree():
                # Also one that a fault has left stopped must hear the signal.
                with suppress(psutil.NoSuchProcess):
                    process.send_signal(signal.SIGCONT)
            if part.process is not None and part.process.poll() is None:
                part.process.terminate()
        until = time.monotonic() + _STOP_SECONDS
        for part in self._parts.values():
            _wait(part.process, until)
        _, alive = psutil.wait_procs(trees, timeout=2)
        left = [f"process {process.pid}" for process in alive]
        for process in alive:
            process.kill()
        psutil.wait_procs(alive, timeout=5)
        return left


def _wait(process: subprocess.Popen[bytes] | None, until: float) -> None:
    """Wait for the process until the time, then kill it, as Docker does after the grace period."""
    if process is None:
        return
    try:
        process.wait(max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
