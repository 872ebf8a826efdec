"""The web server: gunicorn in one or more processes with threads."""

import ctypes
import resource
import socket
from contextlib import suppress
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from core.accounts import owner_has_password
from core.database import Database
from core.errors import MaskloopError, PermanentError
from core.logs import set_up_logs
from core.settings import Settings
from web.buffered_worker import BufferedWorker
from web.factory import THREADS, create_app
from web.listener import bind
from web.request_counts import keep_writing
from workers.processes import die_with_parent, end_loading

#: Connections at a time, and files that the service opens beside them.
_CONNECTIONS, _OTHER_FILES = 1000, 256
#: M_MMAP_THRESHOLD of malloc.h, and the size in bytes from which memory is mapped on its own.
_MMAP_THRESHOLD, _LARGE_PIECE = -3, 1 << 20


class _Server(BaseApplication):
    """Gunicorn configured without command line, files and environment."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings, self._listener = settings, listener
        super().__init__()

    def load_config(self) -> None:
        for name, value in _options(self._settings, self._listener).items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        app = create_app(self._settings)
        keep_writing(app)
        return app


def serve(settings: Settings) -> None:
    """Serve until a signal arrives.

    Raises PermanentError port_taken, or password_needed if others can reach it and there is no password.
    """
    _check_password(settings)
    listener = bind(settings)
    _Server(settings, listener).run()


def _check_password(settings: Settings) -> None:
    if settings.is_loopback:
        return
    database = Database(settings.sql_url)
    try:
        with database.read() as rows:
            if owner_has_password(rows):
                return
    finally:
        database.dispose()
    raise PermanentError(
        "password_needed",
        f"Set MASKLOOP_PASSWORD before binding {settings.host}: anyone who reaches it could try to sign in.",
    )


def _options(settings: Settings, listener: socket.socket) -> dict[str, Any]:
    return {
        "bind": f"fd://{listener.fileno()}",
        "worker_class": BufferedWorker,
        "workers": settings.web_processes,
        # Each open camera holds a thread.
        "threads": THREADS + settings.live_cameras,
        "worker_connections": _most_connections(),
        "keepalive": 30,
        "timeout": 60,
        "graceful_timeout": 2,
        "loglevel": "warning",
        "errorlog": "-",
        "accesslog": None,
        # It would wait for ever for a browser that reads nothing.
        "sendfile": False,
        "proc_name": "maskloop-web",
        # Not needed, and one more way in.
        "control_socket_disable": True,
        "post_fork": _post_fork,
    }


def _most_connections() -> int:
    """As many as the system lets this process open; asks for as many files as are needed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = _CONNECTIONS + _OTHER_FILES
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(hard, needed)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return _CONNECTIONS if soft == resource.RLIM_INFINITY else min(_CONNECTIONS, max(soft - _OTHER_FILES, 64))


def _post_fork(_arbiter: object, _worker: object) -> None:
    die_with_parent()
    _return_large_memory()


def _return_large_memory() -> None:
    """Let glibc give each large piece back at once: by default every thread keeps what its pictures took."""
    with suppress(AttributeError, OSError):
        ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE_PIECE)


def main() -> None:
    """Serve with the settings of the environment; an error is printed as one line."""
    try:
        # Only as a child of the launcher; `maskloop web` may outlive its shell.
        die_with_parent()
        end_loading()
        settings = Settings.from_env()
        set_up_logs(settings)
        serve(settings)
    except MaskloopError as error:
        raise SystemExit(f"{error.message} [{error.code}]") from error


if __name__ == "__main__":
    main()
