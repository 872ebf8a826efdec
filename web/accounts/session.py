"""Who is signed in, and which pages their role allows."""

from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from models import Account, Role
from web.errors import error_answer, wants_json
from web.extension import database

_PARTS = frozenset(("faces", "files", "boxes"))
_PAGES = frozenset(
    (
        "accounts.account_page",
        "accounts.sign_out",
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
        "library.photo_page",
    )
)


def may_ask_for(account: Account, endpoint: str | None) -> bool:
    """Whether the account's role covers the endpoint; an address that leads nowhere is anybody's."""
    if account.role is Role.LEAD or endpoint is None:
        return True
    return endpoint in _PAGES or endpoint.partition(".")[0] in _PARTS


#: What a stranger may ask for.
_PUBLIC = frozenset(("static", "accounts.sign_in", "accounts.sign_in_link", "api.health"))


def guard_accounts(app: Flask) -> None:
    """Let nobody but signed-in accounts past the public addresses."""
    app.before_request(_require_account)
    app.context_processor(lambda: {"account": g.get("account")})


def start_session(account: Account) -> None:
    """Sign this browser in; whatever session it had before is gone."""
    session.clear()
    session.permanent = True
    session["account"], session["salt"] = account.id, account.session_salt


def safe_next(target: str | None) -> str | None:
    """A path of this service to go on to, None for anything that could lead elsewhere."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc or any(ord(c) < 32 for c in target) else target


def current_account() -> Account:
    """The account that asks; only behind the guard."""
    account: Account = g.account
    return account


def still_signed_in() -> Callable[[], bool]:
    """A question for after the request: False once the account was signed out everywhere or is gone."""
    rows_of, account_id, salt = database(), current_account().id, current_account().session_salt

    def ask() -> bool:
        try:
            with rows_of.read() as rows:
                now = rows.scalars(select(Account.session_salt).where(Account.id == account_id)).one_or_none()
        except SQLAlchemyError:
            # A database that is away says nothing of the account.
            return True
        return now == salt

    return ask


def _require_account() -> ResponseReturnValue | None:
    if request.endpoint == "static":
        return None
    g.account = _load_account()
    if request.endpoint in _PUBLIC:
        return None
    if g.account is not None:
        return None if may_ask_for(g.account, request.endpoint) else _lead_needed()
    if wants_json() or request.method not in ("GET", "HEAD"):
        return error_answer(401, "sign_in_needed", "Sign in first.")
    target = request.full_path.rstrip("?")
    return redirect(url_for("accounts.sign_in", next=target if target != "/" else None))


def _lead_needed() -> ResponseReturnValue:
    """Reviewers who open the first page get theirs; the rest of what is not theirs is refused."""
    if request.endpoint == "jobs.home":
        return redirect(url_for("review.home"))
    return error_answer(403, "lead_needed", "Your account may review faces; this is for leads.")


def _load_account() -> Account | None:
    if "account" not in session:
        return None
    with database().read() as rows:
        account = rows.get(Account, session["account"])
    return account if account is not None and account.session_salt == session.get("salt") else None
