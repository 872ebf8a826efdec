"""Connect to public addresses only: a name is resolved once, and the checked address is connected to."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

from core.crawl.public_address import is_public
from core.crawl.time_limit import call_in_time, connect_in_time, timed_tls
from core.errors import InputError, TransientError

#: (host, port) to network addresses, as `socket.getaddrinfo` finds them.
Resolver = Callable[[str, int], list[tuple[str, int]]]
#: Where the request gives no time.
_CONNECT_SECONDS = 10.0


def resolve(host: str, port: int) -> list[tuple[str, int]]:
    """Ask the system's resolver. Raises TransientError host_not_found."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TransientError("host_not_found", f"The host {host} was not found.") from error
    return [(str(address[0]), int(address[1])) for *_, address in found]


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Refuses hosts that resolve to private or reserved addresses, at the moment of connecting.

    Every new connection passes here, also after redirects, and uses the address that was checked, so DNS
    rebinding (a name that resolves to another address a moment later) has no effect.
    """

    #: Hosts, `name` or `name:port`, that may have any address.
    allowed_hosts: frozenset[str] = frozenset()
    resolver: Resolver = resolve

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """A connected socket; `seconds` for the lookup, and for each address of the host.

        Raises InputError address_refused, TransientError host_not_found and answer_too_slow, OSError if no
        connection is possible.
        """
        found = call_in_time(lambda: self.resolver(host, port), seconds)
        if not self.allows(host, port) and not all(is_public(address) for address, _ in found):
            raise InputError("address_refused", f"{host} is in a private or reserved network.")
        failure: OSError | None = None
        for address in found:
            try:
                return connect_in_time(*address, seconds)
            except OSError as error:
                failure = error
        raise failure or OSError(f"{host} has no address")

    def allows(self, host: str, port: int) -> bool:
        """Whether the host may have any address."""
        return not self.allowed_hosts.isdisjoint({host.lower(), f"{host.lower()}:{port}"})


def read_allowed_hosts(setting: str) -> frozenset[str]:
    """The hosts of the setting, which separates them by commas."""
    return frozenset(part.strip().lower() for part in setting.split(",") if part.strip())


def open_pools(guard: Guard, *, context: ssl.SSLContext | None = None, size: int = 8) -> PoolManager:
    """Connection pools that connect through the guard; proxy variables of the environment are ignored."""

    class GuardedHTTP(HTTPConnection):
        """Plain connections."""

        def _new_conn(self) -> socket.socket:
            return _connect(guard, self)

    class GuardedHTTPS(HTTPSConnection):
        """TLS connections; the certificate must match the requested name."""

        def _new_conn(self) -> socket.socket:
            return _connect(guard, self)

    class GuardedHTTPPool(HTTPConnectionPool):
        """Pool of one host."""

        ConnectionCls = GuardedHTTP

    class GuardedHTTPSPool(HTTPSConnectionPool):
        """Pool of one host."""

        ConnectionCls = GuardedHTTPS

    trusted = context or create_urllib3_context()
    if context is None:
        trusted.load_default_certs()
    pools = PoolManager(num_pools=64, maxsize=size, block=False, ssl_context=timed_tls(trusted))
    pools.pool_classes_by_scheme = {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}
    return pools


def _connect(guard: Guard, connection: HTTPConnection) -> socket.socket:
    seconds = connection.timeout if isinstance(connection.timeout, int | float) else _CONNECT_SECONDS
    try:
        return guard.connect(connection._dns_host, connection.port, seconds)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"{connection.host} did not reply in time") from error
    except OSError as error:
        raise NewConnectionError(connection, f"{connection.host} cannot be reached: {error}") from error
