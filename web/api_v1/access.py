"""Who calls the API: the token of the Authorization header, never a cookie, never the address.

A command without `--url` calls the API inside its own process, as the owner: it may read and write the data
folder anyway. Such a request carries an object in its WSGI environment, where HTTP can only put texts.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from flask import Flask, current_app, g, request
from sqlalchemy.exc import SQLAlchemyError

from core.accounts import OWNER, account_named
from core.api_tokens import find_token, is_use_noted, note_use, scopes_of
from core.errors import InputError
from core.item_errors import ItemErrors
from core.review.queries import require_open_to_reviewers
from models import Account, Role, Scope
from web.accounts.limited import begin_limited
from web.api_v1.problems import is_api_request
from web.api_v1.rate_limits import announce_limits, count_address, count_token
from web.extension import database

_SCHEME = "bearer"
#: Key of the WSGI environment under which a request of this process carries a `LocalCaller`.
LOCAL_CALLER = "maskloop.local_caller"


#: Held while the use of a token is noted.
_noting = threading.Lock()


class LocalCaller:
    """Marks a request that a command makes to the API inside its own process."""


@dataclass(frozen=True, kw_only=True)
class Caller:
    """The account of the token, and what the token may do."""

    #: None for a command on the data folder, which has no token.
    token_id: int | None
    account: Account
    scopes: frozenset[Scope]

    @property
    def sees_all(self) -> bool:
        """Whether the caller sees more than reviewers do: photos outside the open queues."""
        return bool(self.scopes & {Scope.READ, Scope.ADMIN})


def guard_api(app: Flask) -> None:
    """Require a token with the operation's scope for every request to the API."""
    app.before_request(_require_token)
    announce_limits(app)


def caller() -> Caller:
    """Who called; only for operations that need a token."""
    found: Caller = g.caller
    return found


def require_admin(why: str) -> None:
    """Raise InputError scope_missing for a token without the scope admin."""
    if Scope.ADMIN not in caller().scopes:
        raise InputError("scope_missing", f"The token lacks the scope “admin”: {why}.")


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may call an operation: tokens with one of these scopes; `admin` is always one of them."""

    scopes: frozenset[Scope]
    #: Whether the account of the token must be a lead's, though reviewers' tokens have the scope.
    leads_only: bool = False


def still_accepted() -> Callable[[], bool]:
    """A check that also works after the request: False once the token has expired or was revoked."""
    rows_of, secret = database(), _secret()

    def is_accepted() -> bool:
        try:
            with rows_of.read() as rows:
                return find_token(rows, secret) is not None
        except SQLAlchemyError:
            # The database is unavailable, which does not mean that the token is revoked.
            return True

    return is_accepted


def access_of(view: Callable[..., Any] | None) -> Access | None:
    """Who may call an operation; None for what is public, and for pages."""
    access: Access | None = getattr(view, "api_access", None)
    return access


def _require_token() -> None:
    if not is_api_request():
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if getattr(view, "api_is_public", False):
        if not _is_local():
            count_address()
        return
    g.caller = found = _read_counted_caller()
    # The access log names the account.
    g.account = found.account
    access = access_of(view)
    if access is not None:
        _check_scopes(found, access)
    begin_limited(found.account, request.endpoint, request.view_args or {})
    if access is not None:
        _check_photo(found, access)


def _check_scopes(found: Caller, access: Access) -> None:
    if not found.scopes & {*access.scopes, Scope.ADMIN}:
        needed = " or ".join(f"“{scope.value}”" for scope in Scope if scope in access.scopes)
        raise InputError("scope_missing", f"The token lacks the scope {needed}.")
    if access.leads_only and found.account.role is not Role.LEAD:
        raise InputError("lead_needed", "The account of the token may review faces; this is for leads.")


def _check_photo(found: Caller, access: Access) -> None:
    if Scope.REVIEW in access.scopes and not found.sees_all:
        named = request.view_args or {}
        with database().read() as rows:
            require_open_to_reviewers(rows, photo_id=named.get("photo_id"), face_id=named.get("face_id"))


def _is_local() -> bool:
    # By type: whatever a header says arrives as a text.
    return isinstance(request.environ.get(LOCAL_CALLER), LocalCaller)


def _read_counted_caller() -> Caller:
    """The caller; a request is counted by its token, and by its address where it has no valid one."""
    if _is_local():
        return _owner()
    try:
        found = _read_caller()
    except InputError:
        count_address()
        raise
    if found.token_id is not None:
        count_token(found.token_id)
    return found


def _read_caller() -> Caller:
    with database().read() as rows:
        found = find_token(rows, _secret())
        if found is None:
            raise InputError("token_refused", "The token is unknown, has expired or was revoked.")
        token, account = found
        scopes = frozenset(Scope(scope) for scope in token.scopes)
    # A lead who became a reviewer keeps no more than a reviewer has.
    scopes &= scopes_of(account.role)
    if not is_use_noted(token, datetime.now(UTC)):
        _note_use(token.id)
    return Caller(token_id=token.id, account=account, scopes=scopes)


def _secret() -> str:
    """The token of the header; InputError token_missing."""
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != _SCHEME or not secret.strip():
        raise InputError("token_missing", "Send a token: “Authorization: Bearer …”.")
    return secret.strip()


def _owner() -> Caller:
    with database().read() as rows:
        account = account_named(rows, OWNER)
    return Caller(token_id=None, account=account, scopes=frozenset((Scope.ADMIN,)))


def _note_use(token_id: int) -> None:
    """A database that cannot be written to now costs the note alone; one request at a time waits for it."""
    if not _noting.acquire(blocking=False):
        return
    try:
        with database().write() as rows:
            note_use(rows, token_id)
    except Exception as error:
        ItemErrors().input_error(error, token=token_id)
    finally:
        _noting.release()
