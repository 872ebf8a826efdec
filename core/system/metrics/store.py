"""Add to the counters of the whole service."""

from collections.abc import Mapping
from typing import Any, TypeAlias

from sqlalchemy import update
from sqlalchemy.orm import Session

from core.database import insert_new
from core.system.metrics.counts import Counted, Requests, Work
from models import RequestCount, WorkCount, WorkEvent

_Table: TypeAlias = type[WorkCount] | type[RequestCount]


def add_work(session: Session, counts: Mapping[tuple[Work, int], Counted]) -> None:
    """Add to the counters of workers."""
    for (name, bucket), counted in _in_order(counts):
        keys = {"stage": name[0], "event": name[1], "bucket": bucket}
        _add(session, WorkCount, keys, vars(counted))


def add_requests(session: Session, counts: Mapping[tuple[Requests, int], Counted]) -> None:
    """Add to the counters of web processes."""
    for (name, bucket), counted in _in_order(counts):
        keys = {"route": name[0], "method": name[1], "status": name[2], "bucket": bucket}
        _add(session, RequestCount, keys, {"number": counted.number, "seconds": counted.seconds})


def count_expired(session: Session, batches: int) -> None:
    """Count leases that ended without a result; call it last in the transaction."""
    if batches:
        add_work(session, {(("", WorkEvent.EXPIRED), 0): Counted(number=batches)})


def _in_order(counts: Mapping[Any, Counted]) -> list[tuple[Any, Counted]]:
    """By key, so that no two processes wait for each other."""
    return sorted(counts.items(), key=lambda pair: pair[0])


def _add(session: Session, table: _Table, keys: Mapping[str, Any], added: Mapping[str, float]) -> None:
    addition = (
        update(table)
        .where(*(getattr(table, name) == value for name, value in keys.items()))
        .values({name: getattr(table, name) + value for name, value in added.items()})
        .execution_options(synchronize_session=False)
    )
    if not session.execute(addition).rowcount:  # type: ignore[attr-defined]
        insert_new(session, table, [{**keys, **dict.fromkeys(added, 0)}], list(keys))
        session.execute(addition)
