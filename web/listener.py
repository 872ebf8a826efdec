"""The listening socket of the web server, apart from the app: the launcher binds it without loading pages."""

import errno
import socket

from core.errors import PermanentError
from core.settings import Settings

_BACKLOG = 256


def bind(settings: Settings) -> socket.socket:
    """The listening socket; PermanentError port_taken or address_not_usable."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise _bind_error(settings, error) from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _bind_error(settings, error) from error
    listener.set_inheritable(True)
    return listener


def _bind_error(settings: Settings, error: OSError) -> PermanentError:
    where = f"{settings.host}:{settings.port}"
    if error.errno == errno.EADDRINUSE:
        return PermanentError(
            "port_taken", f"{where} is used by another program; set MASKLOOP_PORT to a free port."
        )
    return PermanentError("address_not_usable", f"{where} cannot be bound: {error.strerror}.")
