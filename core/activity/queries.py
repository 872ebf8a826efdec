"""Find entries of the activity log, and export them as JSON lines."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models import Activity, ActivityKind

_LINES_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class ActivityFilter:
    """Which entries; None: any."""

    kind: ActivityKind | None = None
    who: str | None = None
    since: datetime | None = None
    #: Exclusive.
    until: datetime | None = None

    def apply(self, query: Select[Any]) -> Select[Any]:
        """The query, limited to these entries."""
        if self.kind is not None:
            query = query.where(Activity.kind == self.kind)
        if self.who is not None:
            query = query.where(Activity.who == self.who)
        if self.since is not None:
            query = query.where(Activity.at >= self.since)
        if self.until is not None:
            query = query.where(Activity.at < self.until)
        return query


def list_activity(
    session: Session, wanted: ActivityFilter, *, before_id: int | None = None, limit: int = 50
) -> Sequence[Activity]:
    """Entries, newest first; those before `before_id`."""
    query = wanted.apply(select(Activity))
    if before_id is not None:
        query = query.where(Activity.id < before_id)
    return session.scalars(query.order_by(Activity.id.desc()).limit(limit)).all()


def export_activity(
    read: Callable[[], AbstractContextManager[Session]], wanted: ActivityFilter, *, after: int = 0
) -> Iterator[bytes]:
    """Entries with a number above `after`, oldest first, a JSON object a line; read piece by piece.

    The first piece is read at once, so that a filter that the database refuses is refused.
    """
    pieces = _pieces(read, wanted, after)
    return chain([next(pieces, b"")], pieces)


def _pieces(
    read: Callable[[], AbstractContextManager[Session]], wanted: ActivityFilter, after: int
) -> Iterator[bytes]:
    while True:
        query = wanted.apply(select(Activity)).where(Activity.id > after)
        with read() as session:
            found = session.scalars(query.order_by(Activity.id).limit(_LINES_AT_ONCE)).all()
        if not found:
            return
        yield b"".join(json.dumps(activity_json(entry)).encode() + b"\n" for entry in found)
        after = found[-1].id


def activity_json(entry: Activity) -> dict[str, Any]:
    """An entry as exported."""
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "kind": entry.kind.value,
        "who": entry.who,
        "account_id": entry.account_id,
        "client": entry.client,
        "route": entry.route,
        "request_id": entry.request_id,
        "about": entry.about,
    }
