"""Limit an account to some series and review queues, and read what accounts are limited to."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.errors import InputError
from models import Account, AccountQueue, AccountSeries, ReviewQueue, Role, Schedule

#: Series and queues that an account can be given.
MOST = 500


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Numbers of the schedules and review queues that an account has; both may be empty."""

    series: tuple[int, ...] = ()
    queues: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Choices:
    """What an account can be limited to, the newest first: numbers with titles."""

    series: tuple[tuple[int, str], ...]
    queues: tuple[tuple[int, str], ...]


def set_limits(session: Session, account: Account, limits: Limits | None) -> None:
    """Limit the account from its next request on; None lets it see everything.

    Raises InputError lead_not_limited for a lead, schedule_not_found, queue_not_found, or limits_too_many.
    """
    if limits is not None and account.role is Role.LEAD:
        raise InputError(
            "lead_not_limited", f"{account.name} is a lead. Only viewers and reviewers can be limited."
        )
    # Two leads who save at once do so one after the other.
    session.refresh(account, with_for_update=True)
    for table in (AccountSeries, AccountQueue):
        session.execute(delete(table).where(table.account_id == account.id))
    account.limited = limits is not None
    if limits is None:
        return
    series, queues = sorted(set(limits.series)), sorted(set(limits.queues))
    if max(len(series), len(queues)) > MOST:
        raise InputError("limits_too_many", f"An account can have at most {MOST} series and {MOST} queues.")
    _require_all(session, Schedule, series, "schedule", "schedule")
    _require_all(session, ReviewQueue, queues, "queue", "review queue")
    session.add_all(AccountSeries(account_id=account.id, schedule_id=number) for number in series)
    session.add_all(AccountQueue(account_id=account.id, queue_id=number) for number in queues)
    session.flush()


def read_limits(session: Session, accounts: Sequence[Account]) -> dict[int, Limits | None]:
    """What each account is limited to, by its number; None for one that sees everything."""
    ids = [account.id for account in accounts if account.is_limited]
    series: defaultdict[int, list[int]] = defaultdict(list)
    queues: defaultdict[int, list[int]] = defaultdict(list)
    of_series = select(AccountSeries.account_id, AccountSeries.schedule_id)
    for account_id, number in session.execute(
        of_series.where(AccountSeries.account_id.in_(ids)).order_by(AccountSeries.schedule_id)
    ):
        series[account_id].append(number)
    of_queues = select(AccountQueue.account_id, AccountQueue.queue_id)
    for account_id, number in session.execute(
        of_queues.where(AccountQueue.account_id.in_(ids)).order_by(AccountQueue.queue_id)
    ):
        queues[account_id].append(number)
    return {
        account.id: Limits(series=tuple(series[account.id]), queues=tuple(queues[account.id]))
        if account.is_limited
        else None
        for account in accounts
    }


def read_choices(session: Session, chosen: Mapping[int, Limits | None]) -> Choices:
    """The newest schedules and queues, and older ones that an account has already."""
    given = [limits for limits in chosen.values() if limits is not None]
    series = {number for limits in given for number in limits.series}
    queues = {number for limits in given for number in limits.queues}
    return Choices(series=_titles(session, Schedule, series), queues=_titles(session, ReviewQueue, queues))


def _titles(
    session: Session, model: type[Schedule | ReviewQueue], also: Collection[int]
) -> tuple[tuple[int, str], ...]:
    newest = select(model.id).order_by(model.id.desc()).limit(MOST)
    wanted = {*session.scalars(newest), *also}
    query = select(model.id, model.title).where(model.id.in_(wanted)).order_by(model.id.desc())
    return tuple((number, title) for number, title in session.execute(query))


def _require_all(
    session: Session, model: type[Schedule | ReviewQueue], numbers: Sequence[int], code: str, words: str
) -> None:
    known = set(session.scalars(select(model.id).where(model.id.in_(numbers))))
    missing = next((number for number in numbers if number not in known), None)
    if missing is not None:
        raise InputError(f"{code}_not_found", f"There is no {words} {missing}.")
