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

#: Network addresses of a host name and port, as `socket.getaddrinfo` finds them.
Resolver = Callable[[str, int], list[tuple[str, int]]]


def resolve(host: str, port: int) -> list[tuple[str, int]]:
    """Ask the system's resolver; TransientError host_not_found."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise TransientError("host_not_found", f"The host {host} is not found.") from error
    return [(str(address[0]), int(address[1])) for *_, address in found]


@dataclass(frozen=True, kw_only=True)
class Guard:
    """Refuses hosts that resolve to anything but the public internet, at the moment of connecting.

    Each new connection asks here, those of redirects too, and uses the very address that was checked: a
    name that resolves to something else a moment later (DNS rebinding) gains nothing.
    """

    #: Hosts, `name` or `name:port`, that may be anywhere.
    allowed_hosts: frozenset[str] = frozenset()
    resolver: Resolver = resolve

    def connect(self, host: str, port: int, timeout: float | None) -> socket.socket:
        """A connected socket; InputError address_refused. OSError where nobody answers."""
        found = self.resolver(host, port)
        if not self._is_allowed(host, port) and not all(is_public(address) for address, _ in found):
            raise InputError(
                "address_refused", f"{host} lies in a private or reserved network and is not asked."
            )
        failure: OSError | None = None
        for place in found:
            try:
                return create_connection(place, timeout)
            except OSError as error:
                failure = error
        raise failure or OSError(f"{host} has no address")

    def _is_allowed(self, host: str, port: int) -> bool:
        return not self.allowed_hosts.isdisjoint({host.lower(), f"{host.lower()}:{port}"})


def read_allowed_hosts(setting: str) -> frozenset[str]:
    """The setting's hosts, separated by commas."""
    return frozenset(part.strip().lower() for part in setting.split(",") if part.strip())


def open_pools(guard: Guard, *, context: ssl.SSLContext | None = None, size: int = 8) -> PoolManager:
    """Connection pools that connect through the guard; proxies of the environment are not used."""

    class GuardedHTTP(HTTPConnection):
        """Plain connections."""

        def _new_conn(self) -> socket.socket:
            return _connect(guard, self)

    class GuardedHTTPS(HTTPSConnection):
        """TLS connections: the name that was asked for is the one that the certificate must show."""

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
        raise ConnectTimeoutError(connection, f"{connection.host} does not answer") from error
    except OSError as error:
        raise NewConnectionError(connection, f"{connection.host} cannot be reached: {error}") from error


#: What may pass for public but answers from inside a cloud: Azure's wire server, Oracle's metadata.
_INSIDE = (IPv4Network("168.63.129.16/32"), IPv4Network("192.0.0.0/24"))
#: Prefixes of IPv6 that stand for the IPv4 address in their last 32 bits.
_TRANSLATED = (IPv6Network("64:ff9b::/96"), IPv6Network("::ffff:0:0/96"))
#: Tunnels, whose outer address says nothing of where a packet ends.
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("2001::/32"), IPv6Network("64:ff9b:1::/48"))


def is_public(text: str) -> bool:
    """False for loopback, private, link-local, metadata, multicast and reserved addresses.

    An IPv4 address that is wrapped into an IPv6 one is judged by itself.
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
    ordinary = address.is_global and not address.is_multicast and not address.is_reserved
    return ordinary and not any(address in network for network in _INSIDE)
