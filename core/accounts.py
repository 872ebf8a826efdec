"""Accounts: add them, sign in by one-time link or password, browser sessions, remove access."""

import hashlib
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import NewType

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from core.api_tokens import revoke_tokens_of
from core.database import Database, read_clock
from core.errors import InputError, TransientError
from models import Account, BrowserSession, ExternalIdentity, Role, SignInLink

OWNER = "owner"
PasswordHash = NewType("PasswordHash", str)

#: How long a browser stays signed in.
SESSION_LIFE = timedelta(days=30)
_LINK_LIFE = timedelta(hours=24)
_SHORTEST_PASSWORD = 10
_HASHER = PasswordHasher()
#: Hashes computed at once: each takes 64 MiB.
_HASHERS = threading.BoundedSemaphore(2)
#: Hashes computed and waiting: each that waits holds a thread of the web server.
_HASH_PLACES = threading.BoundedSemaphore(6)
_NAME = re.compile(r"[\w.-]{2,32}")


def ensure_owner(session: Session) -> Account:
    """The owner's account, created if it is missing."""
    owner = find_account(session, OWNER)
    if owner is None:
        owner = Account(name=OWNER, password_hash=None, created_at=read_clock(session))
        session.add(owner)
        session.flush()
    return owner


def new_sign_in_link(session: Session, *, name: str = OWNER, of_start: bool = False) -> str:
    """Create the secret of a sign-in link that works once within a day; only its hash is stored.

    The link that a start of the service prints is `of_start`; it makes those of earlier starts void.
    """
    account = find_account(session, name)
    if account is None:
        raise InputError("account_not_found", f"There is no account {name}.")
    secret, now = secrets.token_urlsafe(32), read_clock(session)
    _bar_identities(session, account.id, at=None)
    session.execute(delete(SignInLink).where(SignInLink.expires_at < now))
    if of_start:
        session.execute(delete(SignInLink).where(SignInLink.of_start, SignInLink.used_at.is_(None)))
    session.add(
        SignInLink(
            account_id=account.id,
            secret_sha256=_digest(secret),
            created_at=now,
            expires_at=now + _LINK_LIFE,
            of_start=of_start,
        )
    )
    return secret


def redeem_link(session: Session, secret: str) -> Account:
    """Use a link and return its account; InputError link_invalid if it is unknown, used or expired."""
    now = read_clock(session)
    account_id = session.scalars(
        update(SignInLink)
        .where(
            SignInLink.secret_sha256 == _digest(secret),
            SignInLink.used_at.is_(None),
            SignInLink.expires_at > now,
        )
        .values(used_at=now)
        .returning(SignInLink.account_id)
    ).one_or_none()
    if account_id is None:
        raise InputError(
            "link_invalid",
            "This link has been used or has expired. Ask who sent it for another one; on the machine of the "
            "service, `maskloop link` prints the owner's.",
        )
    return session.get_one(Account, account_id)


def open_browser_session(session: Session, account: Account) -> str:
    """Sign a browser in; returns the token for its cookie, of which only the hash is stored."""
    token, now = secrets.token_urlsafe(32), read_clock(session)
    session.execute(delete(BrowserSession).where(BrowserSession.expires_at < now))
    session.add(
        BrowserSession(
            account_id=account.id,
            token_sha256=_digest(token),
            created_at=now,
            expires_at=now + SESSION_LIFE,
        )
    )
    return token


#: Made once: every page and picture asks it.
_SIGNED_IN = (
    select(Account)
    .join(BrowserSession, BrowserSession.account_id == Account.id)
    .where(BrowserSession.token_sha256 == bindparam("digest"), BrowserSession.expires_at > bindparam("now"))
)


def find_signed_in(session: Session, token: str) -> Account | None:
    """The account whose browser holds this token; None once it is signed out or its time is over."""
    return session.scalars(_SIGNED_IN, {"digest": _digest(token), "now": read_clock(session)}).one_or_none()


def close_browser_session(session: Session, token: str) -> None:
    """Sign one browser out; the others of the account stay signed in."""
    session.execute(delete(BrowserSession).where(BrowserSession.token_sha256 == _digest(token)))


def check_password(session: Session, name: str, password: str) -> Account:
    """The account with this name and password; InputError sign_in_failed, TransientError sign_in_busy."""
    account = find_account(session, name)
    stored = account.password_hash if account is not None else None
    try:
        with _hashing():
            _HASHER.verify(stored or _dummy_hash(), password)
    except (VerificationError, InvalidHashError) as error:
        raise _refused() from error
    if account is None or stored is None:
        raise _refused()
    return account


def require_same_password(session: Session, account: Account) -> None:
    """InputError sign_in_failed if the password changed while it was being checked."""
    now = session.scalars(select(Account.password_hash).where(Account.id == account.id)).one_or_none()
    if now is None or now != account.password_hash:
        raise _refused()


def hash_password(password: str) -> PasswordHash:
    """What is stored of a new password; InputError password_short, TransientError sign_in_busy.

    It takes long: call it before the transaction, since others wait for that.
    """
    if len(password) < _SHORTEST_PASSWORD:
        raise InputError("password_short", f"A password must have at least {_SHORTEST_PASSWORD} characters.")
    with _hashing():
        return PasswordHash(_HASHER.hash(password))


def set_password(session: Session, name: str, password: PasswordHash) -> None:
    """Set a password and sign out every browser of the account; InputError account_not_found."""
    account = account_named(session, name)
    account.password_hash = password
    end_browser_sessions(session, account.id)


def owner_has_password(session: Session) -> bool:
    """Whether the owner can sign in with a password."""
    owner = find_account(session, OWNER)
    return owner is not None and owner.password_hash is not None


def set_first_password(db: Database, password: str) -> bool:
    """Set the owner's password from the settings if there is none yet.

    False where the owner has another one, which stays: somebody may have changed it for a reason.
    """
    with db.read() as session:
        has_one = owner_has_password(session)
    if not has_one:
        hashed = hash_password(password)
        with db.write() as session:
            # Another part may have started meanwhile.
            if not owner_has_password(session):
                set_password(session, OWNER, hashed)
                return True
    try:
        with db.read() as session:
            check_password(session, OWNER, password)
    except InputError:
        return False
    return True


def list_accounts(session: Session) -> list[Account]:
    """All accounts, by name."""
    return list(session.scalars(select(Account).order_by(Account.name)))


def get_account(session: Session, account_id: int) -> Account:
    """The account; InputError account_not_found."""
    account = session.get(Account, account_id)
    if account is None:
        raise InputError("account_not_found", f"There is no account {account_id}.")
    return account


def account_named(session: Session, name: str) -> Account:
    """The account; InputError account_not_found."""
    account = find_account(session, name)
    if account is None:
        raise InputError("account_not_found", f"There is no account {name}.")
    return account


def add_account(session: Session, name: str, role: Role) -> Account:
    """Add an account without a password; InputError name_invalid or name_taken."""
    if not _NAME.fullmatch(name):
        raise InputError(
            "name_invalid", "A name must have 2 to 32 letters, digits, dots, dashes or underscores."
        )
    if find_account(session, name) is not None:
        raise InputError("name_taken", f"The name {name} is taken.")
    account = Account(name=name, role=role, created_at=read_clock(session))
    session.add(account)
    session.flush()
    return account


def remove_access(session: Session, account: Account) -> None:
    """Sign the account out everywhere and delete its password, links and tokens; a new link restores access.

    Raises InputError owner_stays for the owner.
    """
    if account.name == OWNER:
        raise InputError("owner_stays", "The owner's access cannot be removed.")
    account.password_hash = None
    _bar_identities(session, account.id, at=read_clock(session))
    end_browser_sessions(session, account.id)
    revoke_tokens_of(session, account.id)
    session.execute(delete(SignInLink).where(SignInLink.account_id == account.id))


def _bar_identities(session: Session, account_id: int, *, at: datetime | None) -> None:
    """Let nobody sign in to the account by a provider from then on; None lets them again."""
    of_account = update(ExternalIdentity).where(ExternalIdentity.account_id == account_id)
    session.execute(of_account.values(barred_at=at))


def end_browser_sessions(session: Session, account_id: int) -> None:
    """Sign the account out everywhere."""
    session.execute(delete(BrowserSession).where(BrowserSession.account_id == account_id))


def find_account(session: Session, name: str) -> Account | None:
    """The account with this name, if there is one."""
    return session.scalars(select(Account).where(Account.name == name)).one_or_none()


@contextmanager
def _hashing() -> Iterator[None]:
    """Memory for one hash; TransientError sign_in_busy where too many wait for it."""
    if not _HASH_PLACES.acquire(blocking=False):
        raise TransientError("sign_in_busy", "Too many people sign in at once. Try again in a moment.")
    try:
        with _HASHERS:
            yield
    finally:
        _HASH_PLACES.release()


@cache
def _dummy_hash() -> str:
    """Verified for unknown names, so that a wrong name takes as long as a wrong password."""
    return _HASHER.hash(secrets.token_hex(16))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _refused() -> InputError:
    return InputError("sign_in_failed", "The name or the password is wrong.")
