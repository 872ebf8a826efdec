"""Groups in both databases: each new photo is compared with the library once."""

from sqlalchemy import select, update

from core.database import Database
from core.dedup.groups.store import accept_group
from models import DuplicateGroup, DuplicateMember, DuplicateState, Likeness, Photo
from tests.unit.dedup.rows import add_job, add_photos, group, groups, hidden


def only_group(db: Database) -> DuplicateGroup:
    with db.read() as session:
        return session.scalars(select(DuplicateGroup)).one()


def test_new_photos_are_compared_with_the_library_once(db: Database) -> None:
    job_id = add_job(db)
    add_photos(db, 0, 4, 60)
    assert group(db, job_id) == 3
    assert groups(db) == {1: {2}}
    first = only_group(db)
    assert (first.state, first.similarity, first.job_id) == (DuplicateState.OPEN, 1 - 4 / 128, job_id)
    assert group(db, job_id) == 0
    add_photos(db, 2, 58, first=4)
    assert group(db, job_id) == 2
    assert groups(db) == {1: {2, 4}, 3: {5}}
    assert hidden(db) == set()


def test_a_better_photo_becomes_the_kept_one_and_the_group_keeps_its_id(db: Database) -> None:
    job_id = add_job(db)
    add_photos(db, 0, 4)
    group(db, job_id)
    before = only_group(db).id
    add_photos(db, 2, first=3, width=400)
    group(db, job_id)
    assert (groups(db), only_group(db).id) == ({3: {1, 2}}, before)


def test_a_photo_that_joins_an_accepted_group_opens_it(db: Database) -> None:
    job_id = add_job(db)
    add_photos(db, 0, 8)
    group(db, job_id)
    with db.write() as session:
        accept_group(session, only_group(db).id, account_id=None)
    add_photos(db, 2, first=3, width=400)
    group(db, job_id)
    assert groups(db) == {1: {2, 3}}
    found = only_group(db)
    assert (found.state, found.similarity, hidden(db)) == (DuplicateState.OPEN, 1 - 2 / 128, {2})


def test_pictures_without_detail_are_grouped_by_their_pixels_alone(db: Database) -> None:
    job_id = add_job(db)
    for at, pixels in enumerate(("a", "b", "a", None), 1):
        add_photos(db, 0, first=at, phash=1, pixel_hash=pixels and pixels * 64)
    group(db, job_id)
    assert groups(db) == {1: {3}}
    with db.read() as session:
        member = session.get_one(DuplicateMember, 3)
    assert (member.likeness, member.similarity) == (Likeness.PIXELS, 1.0)


def test_photos_without_hashes_wait(db: Database) -> None:
    job_id = add_job(db)
    add_photos(db, 0, 0, phash=None, dhash=None)
    assert group(db, job_id) == 0
    with db.write() as session:
        session.execute(update(Photo).values(phash=5 << 40, dhash=1))
    assert group(db, job_id) == 2


def test_photos_compared_by_another_job_in_the_meantime_are_skipped(db: Database) -> None:
    from core.dedup.store import group_new

    job_id = add_job(db)
    add_photos(db, 0, 4)
    group(db, job_id)
    with db.write() as session:
        assert group_new(session, [[1, 2]], [1, 2], distance=8, job_id=job_id) == 0
    assert groups(db) == {1: {2}}
