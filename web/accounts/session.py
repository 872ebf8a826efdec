"""Who is signed in, and which pages their role allows."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.accounts import OWNER, close_browser_session, find_signed_in, open_browser_session
from core.review.queries import require_open_to_reviewers
from models import Account, Role
from web.accounts.limited import begin_limited, may_open_limited
from web.api_v1.problems import is_api_request
from web.errors import error_answer, wants_json
from web.extension import database
from web.proxy import own_address

_REVIEWER_BLUEPRINTS = frozenset(("faces",))
_REVIEWER_ENDPOINTS = frozenset(
    (
        # Not the original file, whose metadata may tell the place and the person.
        "files.thumbnail",
        "files.view",
        "accounts.account_page",
        "accounts.sign_out",
        "tokens.page",
        "tokens.add",
        "tokens.revoke",
        # They need no account at all.
        "api_v1.docs",
        "api_v1.openapi",
        "review.home",
        "review.queue_page",
        "review.one_by_one",
        "review.grid",
        "review.exchange_faces",
        "review.past",
        "review.leave",
        "review.face_page",
        "review.decide_one",
        "review.flag_face",
        "review.guide_page",
        "library.photo_page",
        "boxes.photo_page",
        "boxes.faces",
        "boxes.edit",
    )
)


_VIEWER_ENDPOINTS = frozenset(
    (
        "files.thumbnail",
        "files.view",
        "files.original",
        "accounts.account_page",
        "accounts.sign_out",
        "tokens.page",
        "tokens.add",
        "tokens.revoke",
        "api_v1.docs",
        "api_v1.openapi",
        "jobs.home",
        "jobs.job_page",
        "photos.results",
        "photos.photo",
        "reports.download",
        "reports.download_number",
        "groups.groups_page",
        "groups.download",
        "library.home",
        "library.photo_page",
        "system.document",
        "system.evidence_key",
    )
)
#: Of the owner alone.
_OWNER_BLUEPRINTS = frozenset(("activity",))


def may_open(account: Account, endpoint: str | None) -> bool:
    """Whether the account may open the endpoint, by role and limits; an unknown address has its 404."""
    return _role_allows(account, endpoint) and may_open_limited(account, endpoint)


def _role_allows(account: Account, endpoint: str | None) -> bool:
    if endpoint is not None and endpoint.partition(".")[0] in _OWNER_BLUEPRINTS:
        return account.role is Role.LEAD and account.name == OWNER
    if account.role is Role.LEAD or endpoint is None:
        return True
    if account.role is Role.VIEWER:
        return endpoint in _VIEWER_ENDPOINTS or endpoint.partition(".")[0] in _REVIEWER_BLUEPRINTS
    return endpoint in _REVIEWER_ENDPOINTS or endpoint.partition(".")[0] in _REVIEWER_BLUEPRINTS


#: Where the session cookie keeps the token.
_TOKEN = "token"  # noqa: S105
#: Endpoints that need no account.
_PUBLIC = frozenset(
    (
        "static",
        "accounts.sign_in",
        "accounts.sign_in_link",
        "openid.start",
        "openid.callback",
        "api.health",
        "links.download",
        "api.live",
        "api.ready",
        # It asks for a token itself.
        "api.metrics",
    )
)


def guard_accounts(app: Flask) -> None:
    """Require an account with a fitting role for everything that is not public."""
    app.before_request(_require_account)
    app.context_processor(lambda: {"account": g.get("account")})


def start_session(rows: Session, account: Account) -> None:
    """Sign this browser in, in a new session."""
    end_session(rows)
    session.permanent = True
    session[_TOKEN] = open_browser_session(rows, account)


def end_session(rows: Session) -> None:
    """Sign this browser out; a copy of its cookie is worth nothing any more."""
    token = session.get(_TOKEN)
    session.clear()
    if token is not None:
        close_browser_session(rows, token)


def safe_next(target: str | None) -> str | None:
    """The target if it is a path of this service, else None."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc or any(ord(c) < 32 for c in target) else target


def current_account() -> Account:
    """The account of the request; only for endpoints that need one. What is shown may be theirs."""
    account: Account = g.account
    g.is_personal = True
    return account


def still_signed_in() -> Callable[[], bool]:
    """A check that also works after the request: False once this browser is signed out."""
    rows_of, token = database(), session.get(_TOKEN, "")

    def is_signed_in() -> bool:
        try:
            with rows_of.read() as rows:
                return find_signed_in(rows, token) is not None
        except SQLAlchemyError:
            # The database is unavailable, which does not mean that the account is signed out.
            return True

    return is_signed_in


def _require_account() -> ResponseReturnValue | None:
    # The API has tokens, and takes no cookie.
    if request.endpoint == "static" or is_api_request():
        return None
    g.account = _load_account()
    if request.endpoint in _PUBLIC:
        return None
    if g.account is not None:
        if not _role_allows(g.account, request.endpoint):
            return _lead_needed()
        begin_limited(g.account, request.endpoint, request.view_args or {})
        _check_photo(g.account)
        return None
    if wants_json() or request.method not in ("GET", "HEAD"):
        return error_answer(401, "sign_in_needed", "Sign in first.")
    target = own_address()
    return redirect(url_for("accounts.sign_in", next=target if target != url_for("jobs.home") else None))


def _check_photo(account: Account) -> None:
    """Whatever address names a photo or a face: reviewers have those of open queues, others all."""
    named = request.view_args or {}
    if account.role is not Role.REVIEWER:
        return
    with database().read() as rows:
        require_open_to_reviewers(rows, photo_id=named.get("photo_id"), face_id=named.get("face_id"))


def _lead_needed() -> ResponseReturnValue:
    """Send reviewers from the home page to their own; refuse every other page."""
    if request.endpoint == "jobs.home":
        return redirect(url_for("review.home"))
    if g.account.role is Role.LEAD:
        return error_answer(403, "owner_needed", "The activity log is for the owner.")
    does = "see and download results" if g.account.role is Role.VIEWER else "review faces"
    return error_answer(403, "lead_needed", f"Your account may {does}; this is for leads.")


def _load_account() -> Account | None:
    token = session.get(_TOKEN)
    if token is None:
        return None
    with database().read() as rows:
        return find_signed_in(rows, token)
