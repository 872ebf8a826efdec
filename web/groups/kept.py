"""Group tables that were made lately: one serves every label, two groups side by side, and the file."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence

from flask import current_app
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access.sessions import limited_to
from core.groups.grouping import Grouping
from core.groups.table import GroupTable, group_table
from models import AuditSample, BoxEdit, Decision, Job, ReviewItem

_MOST = 8
#: What a table may lag behind changes that `_state` does not see, such as a camera that is read again.
_SECONDS = 60.0
_KEY = "maskloop_group_tables"

_Tables = OrderedDict[Hashable, tuple[float, GroupTable]]


def kept_table(
    session: Session,
    jobs: Sequence[Job],
    grouping: Grouping,
    make: Callable[[Session, Sequence[Job], Grouping], GroupTable] = group_table,
) -> GroupTable:
    """The table of these jobs: a kept one if nothing was decided or read since, else a new one."""
    tables: _Tables = current_app.extensions.setdefault(_KEY, OrderedDict())
    place = str(session.get_bind().engine.url)
    key = (place, limited_to(session), tuple(job.id for job in jobs), grouping, _state(session, jobs))
    kept = tables.get(key)
    if kept is not None and time.monotonic() - kept[0] < _SECONDS:
        return kept[1]
    table = make(session, jobs, grouping)
    tables[key] = time.monotonic(), table
    while len(tables) > _MOST:
        tables.popitem(last=False)
    return table


def _state(session: Session, jobs: Sequence[Job]) -> Hashable:
    """Changes with every decision, edited box, audit and photo of the jobs."""
    newest = [
        session.scalars(select(func.max(column))).one()
        for column in (Decision.id, BoxEdit.id, BoxEdit.undone_at, AuditSample.counted_at, ReviewItem.id)
    ]
    facts = [
        (job.state, job.title, job.classifier_version_id, job.photos_done, job.photos_failed) for job in jobs
    ]
    return (*newest, *facts)
