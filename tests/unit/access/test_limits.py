"""Limits of accounts: given, read, taken away, refused."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import select

from core.access.limits import MOST, Limits, read_choices, read_limits, set_limits
from core.accounts import add_account
from core.database import Database
from core.errors import InputError
from core.schedules.store import delete_schedule, get_schedule
from models import Account, AccountQueue, Role
from tests.access_rows import add_two_series
from tests.locks import wait_for_lock


def test_limits_are_replaced_as_a_whole(db: Database, tmp_path) -> None:
    one, two = add_two_series(db, tmp_path)
    with db.write() as rows:
        ann = add_account(rows, "ann", Role.VIEWER)
        assert read_limits(rows, [ann]) == {ann.id: None}
        set_limits(rows, ann, Limits(series=(two.schedule, one.schedule, one.schedule), queues=(one.queue,)))
        assert read_limits(rows, [ann])[ann.id] == Limits(
            series=(one.schedule, two.schedule), queues=(one.queue,)
        )
        set_limits(rows, ann, Limits(series=(two.schedule,)))
        assert read_limits(rows, [ann])[ann.id] == Limits(series=(two.schedule,))
        set_limits(rows, ann, None)
        assert not ann.is_limited and rows.scalars(select(AccountQueue)).all() == []


def test_two_who_save_at_once_do_so_one_after_the_other(db: Database, tmp_path) -> None:
    one, two = add_two_series(db, tmp_path)
    with db.write() as rows:
        number = add_account(rows, "ann", Role.VIEWER).id
    second_begins = Event()

    def save_second() -> None:
        with db.write() as rows:
            ann = rows.get_one(Account, number)
            second_begins.set()
            set_limits(rows, ann, Limits(series=(one.schedule, two.schedule)))

    with ThreadPoolExecutor(1) as pool:
        with db.write() as rows:
            set_limits(rows, rows.get_one(Account, number), Limits(series=(one.schedule,)))
            second = pool.submit(save_second)
            if not db.is_sqlite:
                second_begins.wait(30)
                wait_for_lock(db)
        second.result(30)
    with db.read() as rows:
        limits = read_limits(rows, [rows.get_one(Account, number)])[number]
    assert limits == Limits(series=(one.schedule, two.schedule))


def test_a_deleted_schedule_leaves_less_never_more(db: Database, tmp_path) -> None:
    one, _ = add_two_series(db, tmp_path)
    with db.write() as rows:
        ann = add_account(rows, "ann", Role.VIEWER)
        set_limits(rows, ann, Limits(series=(one.schedule,)))
    with db.write() as rows:
        delete_schedule(rows, get_schedule(rows, one.schedule))
    with db.read() as rows:
        assert read_limits(rows, [ann])[ann.id] == Limits()


def test_what_cannot_be_is_refused_and_changes_nothing(db: Database, tmp_path) -> None:
    one, _ = add_two_series(db, tmp_path)
    given = Limits(series=(one.schedule,))
    with db.write() as rows:
        ann, lea = add_account(rows, "ann", Role.VIEWER), add_account(rows, "lea", Role.LEAD)
        set_limits(rows, ann, given)
    for account, limits, code in (
        (lea, Limits(), "lead_not_limited"),
        (ann, Limits(series=(77,)), "schedule_not_found"),
        (ann, Limits(queues=(77,)), "queue_not_found"),
        (ann, Limits(queues=tuple(range(MOST + 1))), "limits_too_many"),
    ):
        with pytest.raises(InputError) as error, db.write() as rows:
            set_limits(rows, rows.merge(account), limits)
        assert error.value.code == code
    with db.read() as rows:
        assert read_limits(rows, [ann])[ann.id] == given


def test_choices_are_named(db: Database, tmp_path) -> None:
    one, two = add_two_series(db, tmp_path)
    with db.read() as rows:
        choices = read_choices(rows, {})
    assert choices.series == ((two.schedule, "zzhidden schedule"), (one.schedule, "Seen schedule"))
    assert choices.queues == ((two.queue, "zzhidden queue"), (one.queue, "Seen queue"))
