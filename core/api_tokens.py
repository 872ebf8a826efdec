"""Tokens by which programs call the API: make, find, list and revoke them."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from core.database import insert_new, read_clock
from core.errors import InputError
from models import Account, ApiToken, IdempotencyKey, Job, Role, Scope

#: How tokens begin, so that people and scanners of leaked secrets recognise them.
PREFIX = "maskloop_"
_SHOWN = len(PREFIX) + 5
LONGEST_LIFE_DAYS = 3650
_LONGEST_NAME = 80
#: `last_used_at` is not written more often.
_USED_EVERY = timedelta(minutes=1)
_KEY_LIFE = timedelta(days=1)
_LONGEST_KEY = 128
_SCOPES = {
    Role.LEAD: frozenset(Scope),
    Role.REVIEWER: frozenset((Scope.REVIEW,)),
    Role.VIEWER: frozenset((Scope.READ,)),
}


def scopes_of(role: Role) -> frozenset[Scope]:
    """What tokens of an account with this role may do."""
    return _SCOPES[role]


def add_token(
    session: Session, account: Account, *, name: str, scopes: Collection[Scope], days: int | None
) -> tuple[ApiToken, str]:
    """A new token of an account, and its secret, which cannot be read again; `days` None: it does not expire.

    Raises InputError token_invalid.
    """
    name = name.strip()
    # Terminals show it: no control characters.
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InputError(
            "token_invalid", f"The name of a token must have 1 to {_LONGEST_NAME} printable characters."
        )
    if not scopes:
        raise InputError("token_invalid", "Choose what the token may do.")
    if days is not None and not 1 <= days <= LONGEST_LIFE_DAYS:
        raise InputError("token_invalid", f"A token can expire after 1 to {LONGEST_LIFE_DAYS:,} days.")
    allowed = scopes_of(account.role)
    if set(scopes) - allowed:
        words = ", ".join(scope.value for scope in allowed)
        raise InputError("token_invalid", f"A {account.role.value}'s token can only have the scope {words}.")
    secret, now = PREFIX + secrets.token_urlsafe(32), read_clock(session)
    token = ApiToken(
        account_id=account.id,
        name=name,
        token_sha256=_digest(secret),
        prefix=secret[:_SHOWN],
        scopes=[scope.value for scope in Scope if scope in scopes],
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    session.add(token)
    session.flush()
    return token, secret


#: Made once: every request of a program asks it.
_WITH_ACCOUNT = (
    select(ApiToken, Account)
    .join(Account, Account.id == ApiToken.account_id)
    .where(ApiToken.token_sha256 == bindparam("digest"), ApiToken.revoked_at.is_(None))
)


def find_token(session: Session, secret: str) -> tuple[ApiToken, Account] | None:
    """The token with this secret, and its account; None if it is unknown, revoked or expired."""
    found = session.execute(_WITH_ACCOUNT, {"digest": _digest(secret)}).one_or_none()
    if found is None or not is_valid(found[0], read_clock(session)):
        return None
    return found[0], found[1]


def is_valid(token: ApiToken, now: datetime) -> bool:
    """Whether the token is neither revoked nor expired."""
    return token.revoked_at is None and (token.expires_at is None or token.expires_at > now)


def is_use_noted(token: ApiToken, now: datetime) -> bool:
    """Whether `last_used_at` is recent enough."""
    return token.last_used_at is not None and now - token.last_used_at < _USED_EVERY


def note_use(session: Session, token_id: int) -> None:
    """Write that the token was used now."""
    session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=read_clock(session)))


def list_tokens(session: Session, account_id: int | None = None) -> Sequence[tuple[ApiToken, str]]:
    """Tokens with the names of their accounts, newest first; those of one account, or of all."""
    query = select(ApiToken, Account.name).join(Account, Account.id == ApiToken.account_id)
    if account_id is not None:
        query = query.where(ApiToken.account_id == account_id)
    return [(token, name) for token, name in session.execute(query.order_by(ApiToken.id.desc())).all()]


def revoke_token(session: Session, token_id: int, *, account_id: int | None = None) -> ApiToken:
    """End a token for good; InputError token_not_found if there is none, or it is another account's."""
    token = session.get(ApiToken, token_id)
    if token is None or (account_id is not None and token.account_id != account_id):
        raise InputError("token_not_found", f"There is no token {token_id}.")
    token.revoked_at = token.revoked_at or read_clock(session)
    return token


def revoke_tokens_of(session: Session, account_id: int) -> None:
    """End all tokens of an account."""
    session.execute(
        update(ApiToken)
        .where(ApiToken.account_id == account_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=read_clock(session))
    )


def find_repeated(session: Session, token_id: int, key: str, request_sha256: str) -> int | None:
    """The number of what an earlier request with this key created; None if there was none within a day.

    Raises InputError idempotency_key_invalid, or idempotency_key_reused for a key of another request.
    """
    if not 0 < len(key) <= _LONGEST_KEY or not key.isascii():
        raise InputError(
            "idempotency_key_invalid", f"An Idempotency-Key must have 1 to {_LONGEST_KEY} ASCII characters."
        )
    row = session.scalars(
        select(IdempotencyKey).where(IdempotencyKey.token_id == token_id, IdempotencyKey.key == key)
    ).one_or_none()
    if row is None or read_clock(session) - row.created_at > _KEY_LIFE:
        return None
    if row.request_sha256 != request_sha256:
        raise InputError("idempotency_key_reused", "This Idempotency-Key belongs to another request.")
    return row.job_id if row.made_id is None else row.made_id


def keep_key(session: Session, token_id: int, key: str, request_sha256: str, made: Job | int) -> bool:
    """Note what a request created: a job, or the number of something else.

    False if the same key was noted meanwhile: then undo and find it. Keys of the token that have expired go.
    """
    now = read_clock(session)
    session.execute(
        delete(IdempotencyKey).where(
            IdempotencyKey.token_id == token_id, IdempotencyKey.created_at < now - _KEY_LIFE
        )
    )
    row_values = {
        "token_id": token_id,
        "key": key,
        "request_sha256": request_sha256,
        "job_id": made.id if isinstance(made, Job) else None,
        "made_id": None if isinstance(made, Job) else made,
        "created_at": now,
    }
    insert_new(session, IdempotencyKey, [row_values], ["token_id", "key"])
    kept = select(IdempotencyKey.job_id, IdempotencyKey.made_id).where(
        IdempotencyKey.token_id == token_id, IdempotencyKey.key == key
    )
    return tuple(session.execute(kept).one()) == (row_values["job_id"], row_values["made_id"])


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
