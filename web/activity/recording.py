"""Record what requests do: in the transaction of the change, or after the answer where nothing is changed.

The entry is added to the first transaction of the request that commits, so it is there if and only if the
change is. A download changes nothing: its entry has a transaction of its own, before the first byte is sent.
"""

from typing import Any

import structlog
from flask import Flask, Response, g, has_request_context, request
from sqlalchemy import event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.activity.store import Deed, may_write_failure, write_activity
from models import Account, ActivityKind
from web.activity.routes import RECORDED
from web.api_v1.access import LOCAL_CALLER
from web.extension import database

log = structlog.get_logger()

#: Parts of an address that are no secrets, and name nobody: all but these.
_SECRET_PARTS = frozenset(("secret", "token"))


def record_activity(app: Flask) -> None:
    """Record every route that `RECORDED` names; register it after the checks of account and token."""
    app.before_request(_begin)
    app.after_request(_record_download)
    if not event.contains(Session, "before_commit", _add_to_transaction):
        event.listen(Session, "before_commit", _add_to_transaction)
        event.listen(Session, "after_commit", _note_written)


def tell(**about: object) -> None:
    """Add to the entry of this request what its address does not say, such as a name."""
    g.setdefault("activity_about", {}).update(about)


def lead_to_file() -> None:
    """The answer leads the browser to a file: a download, though no byte of it is sent from here."""
    g.leads_to_file = True


def leave_out() -> None:
    """Write no entry: the request was sent before, and changes nothing any more."""
    g.activity_kind = None


def record(rows: Session, kind: ActivityKind, *, account: Account | None, who: str, **about: Any) -> None:
    """Write an entry of the request in this transaction."""
    write_activity(rows, _deed(kind, account, who, about))


def record_failed_sign_in(who: str, code: str) -> None:
    """Write an entry in a transaction of its own, if there are not too many; the caller has logged a line.

    A database that is away costs the entry alone.
    """
    try:
        with database().write() as rows:
            if may_write_failure(rows):
                record(rows, ActivityKind.SIGN_IN_FAILED, account=None, who=who, code=code)
    except SQLAlchemyError as error:
        log.error("activity_not_written", error=str(error).splitlines()[0])


def _begin() -> None:
    rule = request.url_rule.rule if request.url_rule is not None else ""
    g.activity_kind = RECORDED.get(f"{request.method} {rule}")


def _add_to_transaction(session: Session) -> None:
    if not has_request_context() or g.get("activity_kind") in (None, ActivityKind.DOWNLOADED):
        return
    if "activity" not in session.info:
        session.info["activity"] = True
        account: Account | None = g.get("account")
        write_activity(session, _deed(g.activity_kind, account, account.name if account else "", _parts()))


def _note_written(session: Session) -> None:
    """Only now: a transaction that failed is tried again, with its entry."""
    if has_request_context() and "activity" in session.info:
        g.activity_kind = None


def _record_download(response: Response) -> Response:
    kind = g.get("activity_kind")
    sends_file = response.status_code in (200, 206) or g.get("leads_to_file", False)
    if kind is not ActivityKind.DOWNLOADED or not sends_file:
        return response
    account: Account | None = g.get("account")
    try:
        with database().write() as rows:
            deed = _deed(kind, account, account.name if account else "", _parts())
            write_activity(rows, deed)
    except SQLAlchemyError as error:
        # The line stands for the entry, which the database does not take now.
        log.error("activity_not_written", kind=kind.value, error=str(error).splitlines()[0], **_parts())
    return response


def _deed(kind: ActivityKind, account: Account | None, who: str, about: dict[str, Any]) -> Deed:
    return Deed(
        kind=kind,
        account_id=account.id if account is not None else None,
        who=who,
        client="command" if LOCAL_CALLER in request.environ else request.remote_addr or "",
        route=f"{request.method} {request.url_rule.rule if request.url_rule is not None else request.path}",
        request_id=g.get("request_id", ""),
        about=about | _token(),
    )


def _parts() -> dict[str, Any]:
    named = request.view_args or {}
    parts = {name: value for name, value in named.items() if name not in _SECRET_PARTS}
    return {**parts, **g.get("activity_about", {})}


def _token() -> dict[str, int]:
    """The token by which a program called."""
    caller = g.get("caller")
    return {"token_id": caller.token_id} if caller is not None and caller.token_id is not None else {}
