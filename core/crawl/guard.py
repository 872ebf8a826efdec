"""Connect to public addresses only: a name is resolved once, and the checked address is connected to."""

import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError
from urllib3.util.connection import create_connection

from core.errors import InputError, TransientError

#: (host, port) to network addresses, as `socket.getaddrinfo` finds them.
Resolver = Callable[[str, int], list[tuple[str, int]]]
#: Public by its number, but inside a cloud: Azure's wire server, Oracle's metadata service.
_INSIDE = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))
#: IPv6 prefixes whose last 32 bits are an IPv4 address.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"))
#: Tunnels: the outer address does not tell where a packet ends.
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("64:ff9b:1::/48"))


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

    def connect(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """A connected socket. Raises InputError address_refused, OSError if no connection is possible."""
        found = self.resolver(host, port)
        if not self._is_allowed(host, port) and not all(is_public(address) for address, _ in found):
            raise InputError("address_refused", f"{host} is in a private or reserved network.")
        failure: OSError | None = None
        for address in found:
            try:
                return create_connection(address, timeout)
            except OSError as error:
                failure = error
        raise failure or OSError(f"{host} has no address")

    def _is_allowed(self, host: str, port: int) -> bool:
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

    pools = PoolManager(num_pools=64, maxsize=size, block=False, ssl_context=context)
    pools.pool_classes_by_scheme = {"http": GuardedHTTPPool, "https": GuardedHTTPSPool}
    return pools


def _connect(guard: Guard, connection: HTTPConnection) -> socket.socket:
    timeout = connection.timeout if isinstance(connection.timeout, int | float) else None
    try:
        return guard.connect(connection._dns_host, connection.port, timeout)
    except TimeoutError as error:
        raise ConnectTimeoutError(connection, f"{connection.host} did not reply in time") from error
    except OSError as error:
        raise NewConnectionError(connection, f"{connection.host} cannot be reached: {error}") from error


def is_public(text: str) -> bool:
    """False for loopback, private, link-local, metadata, multicast and reserved addresses.

    An IPv4 address inside an IPv6 one is checked as IPv4.
    """
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, IPv6Address):
        if any(address in network for network in _TUNNELS):
            return False
        if any(address in network for network in _TRANSLATED):
            address = IPv4Address(int(address) & 0xFFFFFFFF)
    is_global = address.is_global and not address.is_multicast and not address.is_reserved
    return is_global and not any(address in network for network in _INSIDE)
