"""Limit failed sign-ins, against guessing of passwords."""

import ipaddress
import threading
import time
from collections import deque
from collections.abc import Callable

from core.errors import InputError

#: Failures of one client. A client that guesses is refused long before it closes an account for others.
_OF_CLIENT = 10
#: Failures of all clients at one account.
_OF_ACCOUNT = 50
_WINDOW_SECONDS = 300.0
#: Most keys remembered, which bounds the memory.
_MOST_KEYS = 10_000
#: Whoever has an IPv6 address has all of its network.
_IPV6_NETWORK = 64


class Throttle:
    """Attempts of the last five minutes by client and account, in memory: the web server is one process.

    An attempt is counted before the password is checked, so that attempts at the same time are too.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._attempts: dict[str, deque[float]] = {}
        self._lock = threading.Lock()

    def reserve(self, *, client: str, account: str) -> None:
        """Count an attempt as failed; InputError sign_in_throttled if there were too many."""
        limits = _limits(client, account)
        with self._lock:
            if any(len(self._recent(key)) >= most for key, most in limits.items()):
                raise InputError(
                    "sign_in_throttled", "Too many failed attempts. Wait five minutes, or use a sign-in link."
                )
            for key in limits:
                while len(self._attempts) >= _MOST_KEYS:
                    self._attempts.pop(next(iter(self._attempts)))
                self._attempts.setdefault(key, deque()).append(self._clock())

    def take_back(self, *, client: str, account: str) -> None:
        """The attempt did not fail."""
        with self._lock:
            for key in _limits(client, account):
                attempts = self._attempts.get(key)
                if attempts:
                    attempts.pop()

    def _recent(self, key: str) -> deque[float]:
        attempts = self._attempts.get(key, deque())
        while attempts and attempts[0] < self._clock() - _WINDOW_SECONDS:
            attempts.popleft()
        if not attempts:
            self._attempts.pop(key, None)
        return attempts


def _limits(client: str, account: str) -> dict[str, int]:
    return {f"client {client_network(client)}": _OF_CLIENT, f"account {account}": _OF_ACCOUNT}


def client_network(client: str) -> str:
    """The address of a client as it is counted: an IPv6 one by its network, which belongs to one person."""
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return client
    if isinstance(address, ipaddress.IPv4Address):
        return client
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((int(address), _IPV6_NETWORK), strict=False))
