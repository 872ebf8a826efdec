"""The launcher of `maskloop serve`: starts, watches, restarts and stops the processes of the service."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.database import Database
from core.jobs.progress import read_health
from core.settings import Settings
from core.system.queries import list_beats
from models import ServicePart
from workers.broker import valkey_command, wait_for_valkey
from workers.processes import die_with_parent
from workers.start import start_command

log = structlog.get_logger()

_STOP_SECONDS = 8.0
_LONGEST_PAUSE = 30.0
_WATCH_SECONDS = 0.25
_HEALTH_SECONDS = 10.0


@dataclass
class Part:
    """One process of the stack; it is restarted when it exits, with a growing pause."""

    name: str
    command: list[str]
    environment: dict[str, str]
    process: subprocess.Popen[bytes] | None = None
    failures: int = 0
    started_at: float = field(default=0.0)

    def start(self) -> subprocess.Popen[bytes]:
        """Start the process in its own group, so that Ctrl-C in the terminal reaches only the launcher."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            self.command, env=self.environment, process_group=0, preexec_fn=die_with_parent
        )
        log.info("started", part=self.name, pid=self.process.pid)
        return self.process

    def restart_if_ended(self) -> bool:
        """Restart the process if it has exited and its pause is over; True if it was restarted."""
        if self.process is None or self.process.poll() is None:
            return False
        lived = time.monotonic() - self.started_at
        self.failures = 0 if lived > _LONGEST_PAUSE else self.failures
        if lived < min(0.5 * 2**self.failures, _LONGEST_PAUSE):
            return False
        log.warning("ended", part=self.name, status=self.process.returncode)
        self.failures += 1
        self.start()
        return True

    def terminate(self) -> None:
        """Send SIGTERM: the process finishes its work and exits."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)

    def end(self, deadline: float) -> None:
        """Wait for the process until the deadline, then kill it."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Stack:
    """Broker, workers, trainer, tick, watcher, live process and web server on one machine."""

    def __init__(self, settings: Settings, environment: dict[str, str]) -> None:
        self._settings = settings
        self._broker = None if settings.broker_url else Part("valkey", valkey_command(settings), environment)
        self._parts = [
            Part("worker", worker_command(settings), environment),
            Part("tick", start_command("workers.tick"), environment),
            Part("trainer", start_command("workers.training.trainer"), environment),
            Part("watcher", start_command("workers.watching.process"), environment),
            Part("live", start_command("workers.live.server"), environment),
            Part("web", start_command("web.server"), environment),
        ]
        self._health_at = time.monotonic()
        #: Since when the worker gives signs of life.
        self._beats_since: float | None = None

    def start(self) -> None:
        """Start every part, the broker first; PermanentError broker_failed."""
        if self._broker is not None:
            wait_for_valkey(self._settings, self._broker.start())
        for part in self._parts:
            part.start()

    def watch(self, stop: threading.Event, *, say: Callable[[str], None]) -> None:
        """Restart parts that exit, until `stop` is set."""
        db = Database(self._settings.sql_url)
        while not stop.wait(_WATCH_SECONDS):
            for part in self._all():
                if part.restart_if_ended():
                    say(f"{part.name} exited and was restarted")
            self._restart_stuck_worker(db)
        db.dispose()

    def stop(self) -> None:
        """Stop every part within seconds, the broker last."""
        deadline = time.monotonic() + _STOP_SECONDS
        for part in self._parts:
            part.terminate()
        for part in self._parts:
            part.end(deadline)
        if self._broker is not None:
            self._broker.terminate()
            self._broker.end(deadline + 2)

    def _all(self) -> list[Part]:
        return [*([self._broker] if self._broker else []), *self._parts]

    def _restart_stuck_worker(self, db: Database) -> None:
        """Restart the worker if waiting work is not claimed: it may have lost its broker for good."""
        if time.monotonic() - self._health_at < min(_HEALTH_SECONDS, self._settings.stall_seconds):
            return
        self._health_at, worker = time.monotonic(), self._parts[0]
        try:
            with db.read() as session:
                health = read_health(session, self._settings)
                is_starting = self._is_starting(session, worker)
        except SQLAlchemyError as error:
            log.error("health_unknown", error=str(error).splitlines()[0])
            return
        if not health.ok and not is_starting:
            log.error("worker_stuck", sentence=health.sentence)
            worker.terminate()
            worker.end(time.monotonic() + 2)

    def _is_starting(self, session: Session, worker: Part) -> bool:
        """Whether no process of this worker has given a sign of life yet, or only just.

        They give the first one when they can work, which takes long on a busy machine.
        """
        now, host = time.monotonic(), socket.gethostname()
        beats = [beat for beat in list_beats(session) if (beat.part, beat.host) == (ServicePart.WORKER, host)]
        if not any(_is_of(worker, beat.pid) for beat in beats):
            self._beats_since = None
            return now - worker.started_at <= self._settings.stuck_seconds
        self._beats_since = self._beats_since or now
        return now - self._beats_since <= self._settings.stall_seconds


def _is_of(part: Part, pid: int) -> bool:
    """Whether a process of this machine is in the group of the part."""
    try:
        return part.process is not None and os.getpgid(pid) == part.process.pid
    except ProcessLookupError:
        return False


def worker_command(settings: Settings) -> list[str]:
    """The command that starts the Celery worker with its prediction processes."""
    return [
        *(sys.executable, "-W", "ignore:You're running the worker with superuser"),
        *("-m", "workers.start", "celery", "--app", "workers.tasks:app", "--quiet", "worker"),
        *("--pool", "prefork", "--concurrency", str(settings.workers), "--loglevel", "WARNING"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat"),
    ]
