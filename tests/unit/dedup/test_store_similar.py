"""Photos that are in a group only because they are similar, in both databases."""

from collections.abc import Iterable

import numpy as np
import pytest
from sqlalchemy import delete, select

from core.database import Database
from core.dedup.groups.store import (
    accept_above,
    accept_group,
    keep_photo,
    mark_not_same,
    reopen_group,
    undo_not_same,
)
from core.dedup.queries import count_uncompared, read_embeddings
from core.dedup.similar import SimilarPair
from core.dedup.store import group_similar, save_embeddings
from core.library.fingerprints.photo_hashes import Embedding
from models import (
    DuplicateGroup,
    DuplicateMember,
    DuplicateState,
    Likeness,
    Photo,
    PhotoEmbedding,
    SimilarPhotos,
)
from tests.unit.dedup.rows import add_job, add_photos, group, groups, hidden

#: pHash bits away from each other, so that no two photos are near by their hashes.
FAR = (0, 20, 40, 60)


@pytest.fixture
def job_id(db: Database) -> int:
    return add_job(db)


def join(db: Database, job_id: int, *pairs: tuple[int, int], cosine: float = 0.8) -> None:
    """Write pairs as a job does after their alignment."""
    found = [SimilarPair(first_id=low, second_id=high, cosine=cosine) for low, high in pairs]
    with db.write() as session:
        group_similar(session, found, {i for pair in pairs for i in pair}, distance=8, job_id=job_id)


def embed(db: Database, photo_ids: Iterable[int], network: str = "a") -> None:
    with db.write() as session:
        save_embeddings(session, network, {i: Embedding(vector=bytes([i] * 4)) for i in photo_ids})


def waiting(db: Database) -> set[int]:
    """Photos not yet compared by their embedding."""
    with db.read() as session:
        library, is_new = read_embeddings(session, "a")
    return set(library.ids[is_new].tolist())


def member(db: Database, photo_id: int) -> DuplicateMember:
    with db.read() as session:
        return session.get_one(DuplicateMember, photo_id)


def group_id_of(db: Database, photo_id: int) -> int:
    return member(db, photo_id).group_id


def test_similar_photos_are_listed_last_and_never_accepted_in_bulk(db: Database, job_id: int) -> None:
    add_photos(db, *FAR[:2])
    group(db, job_id)
    join(db, job_id, (1, 2))
    found = member(db, 2)
    assert (found.likeness, found.similarity, found.phash_distance) == (Likeness.SIMILAR, 0.4, 20)
    with db.write() as session:
        assert accept_above(session, 0.85, account_id=None)[1] == 0
        accept_group(session, group_id_of(db, 1), account_id=None)
    assert (groups(db), hidden(db)) == ({1: {2}}, {2})
    with db.write() as session:
        reopen_group(session, group_id_of(db, 1))
    assert (member(db, 2).likeness, hidden(db)) == (Likeness.SIMILAR, set())


def test_a_similar_photo_joins_the_group_of_its_kept_photo(db: Database, job_id: int) -> None:
    add_photos(db, 0, 4, 30)
    group(db, job_id)
    join(db, job_id, (1, 3))
    assert groups(db) == {1: {2, 3}}
    assert (member(db, 2).likeness, member(db, 3).likeness) == (Likeness.NEAR, Likeness.SIMILAR)
    with db.write() as session:
        accept_group(session, group_id_of(db, 1), account_id=None)
    add_photos(db, 60, first=4)
    group(db, job_id)
    join(db, job_id, (1, 4))
    assert (groups(db), hidden(db)) == ({1: {2, 3, 4}}, {2, 3})
    with db.read() as session:
        assert session.scalars(select(DuplicateGroup.state)).all() == [DuplicateState.OPEN]


def test_there_are_no_chains(db: Database, job_id: int) -> None:
    add_photos(db, *FAR)
    group(db, job_id)
    join(db, job_id, (1, 2), (2, 3), (3, 4))
    assert groups(db) == {1: {2}, 3: {4}}


def test_a_better_photo_takes_over_and_members_that_differ_are_compared_again(
    db: Database, job_id: int
) -> None:
    add_photos(db, *FAR[:3])
    group(db, job_id)
    embed(db, [1, 2, 3])
    join(db, job_id, (1, 2), (1, 3))
    assert (groups(db), waiting(db)) == ({1: {2, 3}}, set())
    before = group_id_of(db, 1)
    add_photos(db, 60, first=4, width=900)
    group(db, job_id)
    embed(db, [4])
    assert waiting(db) == {4}
    join(db, job_id, (1, 4), (2, 4))
    assert (groups(db), group_id_of(db, 4)) == ({4: {1, 2}}, before)
    assert waiting(db) == {3}


def test_a_later_job_by_hashes_alone_keeps_similar_members(db: Database, job_id: int) -> None:
    add_photos(db, 0, 20)
    group(db, job_id)
    join(db, job_id, (1, 2))
    add_photos(db, 2, first=3)
    group(db, job_id)
    assert groups(db) == {1: {2, 3}}
    assert member(db, 2).likeness is Likeness.SIMILAR


def test_not_the_same_is_remembered_and_undone(db: Database, job_id: int) -> None:
    add_photos(db, *FAR[:2])
    group(db, job_id)
    join(db, job_id, (1, 2))
    with db.write() as session:
        mark_not_same(session, group_id_of(db, 1), 2, account_id=None)
    join(db, job_id, (1, 2))
    assert groups(db) == {}
    with db.write() as session:
        undo_not_same(session, 2, 1)
    assert (groups(db), member(db, 2).likeness) == ({1: {2}}, Likeness.SIMILAR)
    assert member(db, 2).similarity == 0.4


def test_a_similar_photo_can_be_kept_instead(db: Database, job_id: int) -> None:
    add_photos(db, *FAR[:3])
    group(db, job_id)
    embed(db, [1, 2, 3])
    join(db, job_id, (1, 2), (1, 3))
    with db.write() as session:
        assert keep_photo(session, group_id_of(db, 1), 2, limit=8) == 1
    assert (groups(db), member(db, 1).likeness, waiting(db)) == ({2: {1}}, Likeness.SIMILAR, {3})


def test_members_of_groups_by_hash_are_not_searched(db: Database, job_id: int) -> None:
    add_photos(db, 0, 4, 30)
    group(db, job_id)
    embed(db, [1, 2, 3])
    assert waiting(db) == {1, 3}
    with db.write() as session:
        mark_not_same(session, group_id_of(db, 1), 2, account_id=None)
    assert waiting(db) == {1, 2, 3}


def test_embeddings_of_another_network_are_replaced(db: Database, job_id: int) -> None:
    add_photos(db, *FAR[:2])
    embed(db, [1, 2])
    with db.read() as session:
        assert (count_uncompared(session, "a"), count_uncompared(session, "b")) == (2, 2)
        library, _ = read_embeddings(session, "b")
    assert len(library) == 0
    join(db, job_id, (1, 2))
    embed(db, [1, 2])
    assert waiting(db) == set(), "what two jobs embed at once is kept as the first one wrote it"
    embed(db, [1], network="b")
    with db.read() as session:
        assert np.array_equal(read_embeddings(session, "b")[0].vectors, [[1, 1, 1, 1]])
        assert read_embeddings(session, "a")[0].ids.tolist() == [2]


def test_bars_do_not_count_when_the_best_photo_is_chosen(db: Database, job_id: int) -> None:
    add_photos(db, *FAR[:2])
    add_photos(db, 40, first=3, height=140)
    group(db, job_id)
    with db.write() as session:
        save_embeddings(session, "a", {3: Embedding(vector=b"bars", picture=0.69)})
    join(db, job_id, (1, 3), (1, 2), (2, 3))
    assert groups(db) == {1: {2, 3}}


def test_rows_of_a_removed_photo_are_deleted_and_it_is_skipped(db: Database, job_id: int) -> None:
    add_photos(db, *FAR[:3])
    group(db, job_id)
    embed(db, [1, 2, 3])
    join(db, job_id, (1, 2))
    with db.write() as session:
        session.execute(delete(DuplicateGroup))
        session.execute(delete(Photo).where(Photo.id == 2))
    with db.read() as session:
        assert set(session.scalars(select(PhotoEmbedding.photo_id))) == {1, 3}
        assert session.scalars(select(SimilarPhotos.first_photo_id)).all() == []
    join(db, job_id, (1, 2), (1, 3))
    assert groups(db) == {1: {3}}
