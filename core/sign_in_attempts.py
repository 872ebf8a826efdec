"""Limit failed sign-ins, against guessing of passwords; counted for all web processes together."""

import hashlib
import ipaddress
from datetime import timedelta

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from models import SignInAttempt

#: Failures of one client. A client that guesses is refused long before it closes an account for others.
_OF_CLIENT = 10
#: Failures of all clients at one account.
_OF_ACCOUNT = 50
_WINDOW = timedelta(minutes=5)
#: Whoever has an IPv6 address has all of its network.
_IPV6_NETWORK = 64
#: Key of the lock under which attempts are counted on PostgreSQL.
_LOCK = 7_316_204_552
_LONGEST_CLIENT = 64


def reserve_attempt(session: Session, *, client: str, account: str) -> int:
    """Count an attempt as failed, before the password is checked; its number.

    Commit at once, so that attempts at the same time count too. Raises InputError sign_in_throttled if there
    were too many; the attempt is then not counted.
    """
    if session.get_bind().dialect.name == "postgresql":
        # Two attempts count one after the other, since neither sees what the other has not committed.
        session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    now = read_clock(session)
    # Those from the future are left by a clock that was set back.
    old = or_(SignInAttempt.at < now - _WINDOW, SignInAttempt.at > now + _WINDOW)
    session.execute(delete(SignInAttempt).where(old))
    attempt = SignInAttempt(
        at=now,
        client=client_network(client)[:_LONGEST_CLIENT],
        account=hashlib.sha256(account.encode("utf-8", "surrogatepass")).hexdigest(),
    )
    counted = select(func.count()).select_from(SignInAttempt)
    of_client = session.scalars(counted.where(SignInAttempt.client == attempt.client)).one()
    of_account = session.scalars(counted.where(SignInAttempt.account == attempt.account)).one()
    if of_client >= _OF_CLIENT or of_account >= _OF_ACCOUNT:
        raise InputError(
            "sign_in_throttled", "Too many failed attempts. Wait five minutes, or use a sign-in link."
        )
    session.add(attempt)
    session.flush()
    return attempt.id


def take_back_attempt(session: Session, attempt_id: int) -> None:
    """The attempt did not fail."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt_id))


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
