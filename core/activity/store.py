"""Write the activity log, and delete entries that are old enough."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.accounts import OWNER, account_named
from core.database import read_clock
from models import Activity, ActivityKind

#: Entries deleted in one transaction.
_DELETED_AT_ONCE = 5_000
#: Numbers of decisions that one entry names; their count is always there.
_MOST_NAMED = 200
_LONGEST_NAME, _LONGEST_CLIENT = 64, 64
#: Failed sign-ins that are written within a time; anybody can make more, and would fill the disk.
_MOST_FAILURES, _FAILURES_WITHIN = 200, timedelta(minutes=5)


@dataclass(frozen=True, kw_only=True)
class Deed:
    """What somebody did, and from where."""

    kind: ActivityKind
    account_id: int | None
    who: str
    client: str
    route: str
    request_id: str = ""
    about: dict[str, Any] = field(default_factory=dict)


def write_activity(session: Session, deed: Deed) -> None:
    """Add an entry in the caller's transaction: it is there if and only if the change is."""
    session.add(
        Activity(
            at=read_clock(session),
            kind=deed.kind,
            account_id=deed.account_id,
            who=_printable(deed.who)[:_LONGEST_NAME],
            client=deed.client[:_LONGEST_CLIENT],
            route=deed.route,
            request_id=deed.request_id,
            about={**deed.about, **_decisions_of(session)},
        )
    )


def may_write_failure(session: Session) -> bool:
    """Whether another failed sign-in may be written; beyond the bound the line in the log has to do."""
    failed = select(Activity.at).where(Activity.kind == ActivityKind.SIGN_IN_FAILED)
    earlier = session.scalars(failed.order_by(Activity.id.desc()).offset(_MOST_FAILURES - 1).limit(1)).first()
    return earlier is None or read_clock(session) - earlier >= _FAILURES_WITHIN


def by_command(session: Session, kind: ActivityKind, command: str) -> Deed:
    """What a command on the data folder does, as the owner."""
    owner = account_named(session, OWNER)
    return Deed(kind=kind, account_id=owner.id, who=owner.name, client="command", route=command)


def _decisions_of(session: Session) -> dict[str, Any]:
    """The decisions that `core.labels.decisions` added in this session."""
    ids = session.info.get("decisions", [])
    return {"decisions": ids[:_MOST_NAMED], "decided": len(ids)} if ids else {}


def _printable(text: str) -> str:
    """Terminals and logs show it: no control characters, and nothing that no database takes."""
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def forget_old(session: Session, *, days: int) -> int:
    """Delete some of the entries that are older; returns their number. 0 days: none is."""
    if not days:
        return 0
    before = read_clock(session) - timedelta(days=days)
    old = select(Activity.id).where(Activity.at < before).order_by(Activity.id).limit(_DELETED_AT_ONCE)
    ids = session.scalars(old).all()
    session.execute(delete(Activity).where(Activity.id.in_(ids)))
    return len(ids)
