"""Actions on duplicate groups, and their undo."""

import pytest
from sqlalchemy import delete, select, update

from core.database import Database
from core.dedup.groups.store import (
    accept_above,
    accept_group,
    keep_photo,
    leave_groups,
    mark_not_same,
    reopen_group,
    undo_acceptance,
    undo_not_same,
)
from core.errors import InputError
from models import DuplicateGroup, DuplicateMember, DuplicateState, Photo
from tests.unit.dedup.rows import add_job, add_photos, group, groups, hidden, not_same


@pytest.fixture
def job_id(db: Database) -> int:
    return add_job(db)


def group_of(db: Database, photo_id: int) -> DuplicateGroup:
    with db.read() as session:
        return session.get_one(DuplicateGroup, session.get_one(DuplicateMember, photo_id).group_id)


def test_accepting_hides_all_but_the_kept_one_and_is_undone(db: Database, job_id: int) -> None:
    add_photos(db, 0, 4, 6)
    group(db, job_id)
    group_id = group_of(db, 1).id
    with db.write() as session:
        accept_group(session, group_id, account_id=None)
    assert (hidden(db), group_of(db, 1).state) == ({2, 3}, DuplicateState.ACCEPTED)
    with db.write() as session:
        reopen_group(session, group_id)
    assert (hidden(db), group_of(db, 1).state) == (set(), DuplicateState.OPEN)
    with db.write() as session, pytest.raises(InputError, match="no duplicate group 99"):
        accept_group(session, 99, account_id=None)


def test_keeping_another_photo_removes_members_far_from_it(db: Database, job_id: int) -> None:
    add_photos(db, 6, 0, 12)
    group(db, job_id)
    group_id = group_of(db, 1).id
    with db.write() as session:
        accept_group(session, group_id, account_id=None)
        assert keep_photo(session, group_id, 3, limit=8) == 1
    assert (groups(db), hidden(db)) == ({3: {1}}, {1})
    assert group_of(db, 1).similarity == 1 - 6 / 128
    group(db, job_id)
    assert groups(db) == {3: {1}}
    with db.write() as session, pytest.raises(InputError, match="not in the group"):
        keep_photo(session, group_id, 2, limit=8)


def test_a_chosen_kept_photo_stays(db: Database, job_id: int) -> None:
    add_photos(db, 0, 4)
    group(db, job_id)
    with db.write() as session:
        keep_photo(session, group_of(db, 1).id, 2, limit=8)
    add_photos(db, 4, first=3, width=900)
    group(db, job_id)
    assert groups(db) == {2: {1, 3}}


def test_not_the_same_is_remembered_by_later_jobs(db: Database, job_id: int) -> None:
    add_photos(db, 0, 2, 4)
    group(db, job_id)
    with db.write() as session:
        accept_group(session, group_of(db, 1).id, account_id=None)
        assert mark_not_same(session, group_of(db, 1).id, 3, account_id=None) == 1
    assert (groups(db), hidden(db), not_same(db)) == ({1: {2}}, {2}, {(1, 3), (2, 3)})
    with db.write() as session:
        session.execute(update(Photo).values(compared_at=None))
    add_photos(db, 4, first=4)
    group(db, job_id)
    assert groups(db) == {1: {2, 4}}


def test_not_the_same_deletes_a_group_of_two_and_can_be_undone(db: Database, job_id: int) -> None:
    add_photos(db, 0, 4)
    group(db, job_id)
    with db.write() as session:
        kept_id = mark_not_same(session, group_of(db, 1).id, 2, account_id=None)
    assert groups(db) == {}
    group(db, job_id)
    assert groups(db) == {}
    with db.write() as session:
        group_id = undo_not_same(session, 2, kept_id)
    assert (groups(db), not_same(db), group_of(db, 2).id) == ({1: {2}}, set(), group_id)
    assert group_of(db, 2).similarity == 1 - 4 / 128
    with db.write() as session, pytest.raises(InputError, match="in another group"):
        undo_not_same(session, 2, kept_id)


def test_the_kept_photo_cannot_be_marked_as_not_the_same(db: Database, job_id: int) -> None:
    add_photos(db, 0, 4)
    group(db, job_id)
    with db.write() as session, pytest.raises(InputError, match="kept photo"):
        mark_not_same(session, group_of(db, 1).id, 1, account_id=None)


def test_groups_above_a_similarity_are_accepted_and_undone_together(db: Database, job_id: int) -> None:
    add_photos(db, 0, 1)
    add_photos(db, 30, 38, first=3)
    add_photos(db, 60, 61, first=5)
    group(db, job_id)
    assert groups(db) == {1: {2}, 3: {4}, 5: {6}}
    with db.write() as session:
        accept_group(session, group_of(db, 5).id, account_id=None)
        token, accepted = accept_above(session, 0.95, account_id=None)
    assert (accepted, hidden(db)) == (1, {2, 6})
    with db.write() as session:
        assert undo_acceptance(session, token) == 1
        assert undo_acceptance(session, token) == 0
    assert hidden(db) == {6}
    with db.write() as session, pytest.raises(InputError, match="between 85% and 100%"):
        accept_above(session, 0.5, account_id=None)


def test_removing_the_kept_photo_shows_the_others_again(db: Database, job_id: int) -> None:
    add_photos(db, 0, 4, 6)
    add_photos(db, 30, 31, 32, first=4)
    group(db, job_id)
    with db.write() as session:
        accept_above(session, 0.9, account_id=None)
        leave_groups(session, [1, 5])
        session.execute(delete(Photo).where(Photo.id.in_((1, 5))))
    assert (groups(db), hidden(db)) == ({4: {6}}, {6})
    group(db, job_id)
    assert groups(db) == {2: {3}, 4: {6}}


def test_undo_of_many_skips_groups_decided_again(db: Database, job_id: int) -> None:
    add_photos(db, 0, 1)
    group(db, job_id)
    with db.write() as session:
        token, _ = accept_above(session, 0.9, account_id=None)
        accept_group(session, group_of(db, 1).id, account_id=None)
        assert undo_acceptance(session, token) == 0
    assert hidden(db) == {2}
    with db.read() as session:
        assert session.scalars(select(DuplicateGroup.settled)).all() == [True]
