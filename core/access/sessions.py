"""Sessions that read only what a limited account sees, and the check of what an address names.

The conditions of `rules` are added to every query of such a session, wherever it stands in the code, so that
no page can forget them. Sessions that write are not limited: what a decision changes, such as the counts of a
job, is the same whoever decides. So what an address names is checked before.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, event
from sqlalchemy.orm import FromStatement, ORMExecuteState, Session, with_loader_criteria
from sqlalchemy.sql.base import ExecutableOption

from core.access.rules import conditions_of
from core.database import Database
from core.errors import InputError
from models import Account, Base, Face, Job, Photo, ReviewQueue, Role, Schedule

#: Where a session keeps the conditions, and the account that they are of.
_CONDITIONS, _ACCOUNT = "access_conditions", "access_account"
#: Execution option of a query that reads every row: for what is the same for everybody and names nothing,
#: such as whether any worker works.
EVERY_ROW = "access_every_row"
#: What parts of addresses name, and what it is called.
_NAMED: Mapping[str, tuple[type[Base], str, str]] = {
    "job_id": (Job, "job", "job"),
    "schedule_id": (Schedule, "schedule", "schedule"),
    "queue_id": (ReviewQueue, "queue", "review queue"),
    "photo_id": (Photo, "photo", "photo"),
    "face_id": (Face, "face", "face"),
}


def limit_database(database: Database, account: Account) -> Database:
    """The database as the account sees it, where it is limited: sessions that read have its rows alone."""
    if not account.is_limited:
        return database
    return database.reading_with({_CONDITIONS: _options(account.id, account.role), _ACCOUNT: account.id})


@lru_cache(maxsize=256)
def _options(account_id: int, role: Role) -> tuple[ExecutableOption, ...]:
    """The conditions as options of queries; made once, since that takes 60 ms."""
    account = Account(id=account_id, role=role)
    return tuple(
        with_loader_criteria(model, condition, include_aliases=True)
        for model, condition in conditions_of(account).items()
    )


def limited_to(session: Session) -> int | None:
    """The account whose rows the session reads alone; None where it reads all, as a cache has to tell."""
    account_id: int | None = session.info.get(_ACCOUNT)
    return account_id


def require_seen(session: Session, named: Mapping[str, Any]) -> None:
    """Check what the parts of an address name, in a limited session.

    Raises InputError job_not_found, schedule_not_found, queue_not_found, photo_not_found or face_not_found,
    as for one that does not exist.
    """
    for part, number in named.items():
        model, code, words = _NAMED.get(part, (None, "", ""))
        if model is not None and session.get(model, number) is None:
            raise InputError(f"{code}_not_found", f"There is no {words} {number}.")


def _limit(state: ORMExecuteState) -> None:
    options: tuple[ExecutableOption, ...] | None = state.session.info.get(_CONDITIONS)
    if options is None or state.execution_options.get(EVERY_ROW, False):
        return
    if isinstance(state.statement, TextClause | FromStatement):
        raise RuntimeError("A limited session cannot read by SQL as text: no condition would hold.")
    state.statement = state.statement.options(*options)


event.listen(Session, "do_orm_execute", _limit)
