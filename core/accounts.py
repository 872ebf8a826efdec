"""People and how they sign in: one-time links, and passwords once somebody sets one."""

import hashlib
import re
import secrets
from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from core.database import read_clock
from core.errors import InputError
from models import Account, Role, SignInLink

OWNER = "owner"

_LINK_LIFE = timedelta(hours=24)
_SHORTEST_PASSWORD = 10
_HASHER = PasswordHasher()
_NAME = re.compile(r"[\w.-]{2,32}")


def ensure_owner(session: Session) -> Account:
    """The first account, made where it is missing."""
    owner = _by_name(session, OWNER)
    if owner is None:
        owner = Account(
            name=OWNER, password_hash=None, session_salt=secrets.token_hex(16), created_at=read_clock(session)
        )
        session.add(owner)
        session.flush()
    return owner


def new_sign_in_link(session: Session, *, name: str = OWNER) -> str:
    """A secret that signs one browser in once within a day; only its hash is stored."""
    account = _by_name(session, name)
    if account is None:
        raise InputError("account_not_found", f"There is no account {name}.")
    secret, now = secrets.token_urlsafe(32), read_clock(session)
    session.execute(delete(SignInLink).where(SignInLink.expires_at < now))
    session.add(
        SignInLink(
            account_id=account.id, secret_sha256=_digest(secret), created_at=now, expires_at=now + _LINK_LIFE
        )
    )
    return secret


def redeem_link(session: Session, secret: str) -> Account:
    """The account a link signs in; InputError link_invalid when it is unknown, used or too old."""
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
            "link_invalid", "This link was used already or is too old; `maskloop link` prints a new one."
        )
    return session.get_one(Account, account_id)


def check_password(session: Session, name: str, password: str) -> Account:
    """The account that the name and password belong to; InputError sign_in_failed."""
    account = _by_name(session, name)
    stored = account.password_hash if account is not None else None
    try:
        _HASHER.verify(stored or _hash_of_nobody(), password)
    except (VerificationError, InvalidHashError) as error:
        raise _refused() from error
    if account is None or stored is None:
        raise _refused()
    return account


def set_password(session: Session, name: str, password: str) -> None:
    """Set an account's password and sign its browsers out; InputError password_short, account_not_found."""
    if len(password) < _SHORTEST_PASSWORD:
        raise InputError("password_short", f"A password has at least {_SHORTEST_PASSWORD} characters.")
    account = _by_name(session, name)
    if account is None:
        raise InputError("account_not_found", f"There is no account {name}.")
    account.password_hash = _HASHER.hash(password)
    account.session_salt = secrets.token_hex(16)


def owner_has_password(session: Session) -> bool:
    """True once the owner can sign in from anywhere."""
    owner = _by_name(session, OWNER)
    return owner is not None and owner.password_hash is not None


def keep_password(session: Session, password: str) -> None:
    """Set the owner's password from the settings; browsers stay signed in where it is the same."""
    try:
        check_password(session, OWNER, password)
    except InputError:
        set_password(session, OWNER, password)


def list_accounts(session: Session) -> list[Account]:
    """Everybody, by name."""
    return list(session.scalars(select(Account).order_by(Account.name)))


def get_account(session: Session, account_id: int) -> Account:
    """One person; InputError account_not_found."""
    account = session.get(Account, account_id)
    if account is None:
        raise InputError("account_not_found", f"There is no account {account_id}.")
    return account


def add_account(session: Session, name: str, role: Role) -> Account:
    """A new person, who signs in by a one-time link first; InputError name_invalid or name_taken."""
    if not _NAME.fullmatch(name):
        raise InputError(
            "name_invalid", "A name has 2 to 32 letters, digits, dots, dashes or underscores, without spaces."
        )
    if _by_name(session, name) is not None:
        raise InputError("name_taken", f"There is an account {name} already.")
    account = Account(
        name=name, role=role, session_salt=secrets.token_hex(16), created_at=read_clock(session)
    )
    session.add(account)
    session.flush()
    return account


def shut_out(session: Session, account: Account) -> None:
    """Sign a person out everywhere and void password and links; a new link lets them in again.

    InputError owner_stays for the owner.
    """
    if account.name == OWNER:
        raise InputError("owner_stays", "The owner cannot lose access.")
    account.password_hash, account.session_salt = None, secrets.token_hex(16)
    session.execute(delete(SignInLink).where(SignInLink.account_id == account.id))


def _by_name(session: Session, name: str) -> Account | None:
    return session.scalars(select(Account).where(Account.name == name)).one_or_none()


@cache
def _hash_of_nobody() -> str:
    """Checked where there is no such account, so that a wrong name takes as long as a wrong password."""
    return _HASHER.hash(secrets.token_hex(16))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _refused() -> InputError:
    return InputError("sign_in_failed", "The name or the password is wrong.")
