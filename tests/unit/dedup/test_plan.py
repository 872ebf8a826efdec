"""Groups have no chains and keep the best photo, in any order of arrival."""

import random
from collections.abc import Iterable

import pytest

from core.dedup.grouping import Apart, Candidate, Grouping, apart_from_pairs, group_anew
from core.dedup.plan import ExistingGroup, Surroundings, join_overlapping, plan_cluster
from core.library.fingerprints.photo_hashes import distance
from models import Likeness

DETAIL = 0x5555_5555_5555_5555


def candidate(
    photo_id: int, *, flips: int = 0, pixels: int = 100, size: int = 50, **more: object
) -> Candidate:
    """A photo whose pHash has the lowest `flips` bits flipped."""
    values = {"pixel_hash": None, "dhash": 0, **more}
    return Candidate(
        photo_id=photo_id, phash=DETAIL ^ ((1 << flips) - 1), pixels=pixels, bytes=size, **values
    )


def groups_of(found: Iterable[Grouping]) -> dict[int, set[int]]:
    return {grouping.kept_id: {match.photo_id for match in grouping.matches} for grouping in found}


def anew(*candidates: Candidate, not_same: Apart | None = None) -> dict[int, set[int]]:
    return groups_of(group_anew(candidates, distance=8, not_same=not_same or {}))


def test_the_kept_photo_has_most_pixels_then_most_bytes_then_the_lowest_id() -> None:
    assert anew(candidate(1), candidate(2, pixels=101), candidate(3, size=900)) == {2: {1, 3}}
    assert anew(candidate(1), candidate(2, size=51), candidate(3)) == {2: {1, 3}}
    assert anew(candidate(3), candidate(2), candidate(1)) == {1: {2, 3}}


def test_a_chain_is_cut_where_a_photo_is_not_near_the_kept_one() -> None:
    chain = [candidate(n, flips=6 * n, pixels=1000 - n) for n in range(1, 6)]
    found = anew(*chain)
    assert found == {1: {2}, 3: {4}}


def test_the_best_of_a_chain_takes_both_sides() -> None:
    ends = candidate(1, flips=0), candidate(3, flips=12)
    assert anew(ends[0], candidate(2, flips=6, pixels=200), ends[1]) == {2: {1, 3}}


def test_photos_marked_as_not_the_same_are_never_in_one_group() -> None:
    photos = [candidate(n, pixels=100 - n) for n in range(1, 5)]
    assert anew(*photos, not_same=apart_from_pairs([(2, 1)])) == {1: {3, 4}}
    assert anew(*photos, not_same=apart_from_pairs([(3, 4)])) == {1: {2, 3}}


def test_equal_pixels_are_distinguished_from_near_ones_and_need_no_detail() -> None:
    plain = [
        Candidate(photo_id=n, phash=0, dhash=0, pixel_hash=pixels, pixels=10, bytes=10)
        for n, pixels in enumerate(["a", "b", "a", None, None])
    ]
    (group,) = group_anew(plain, distance=8, not_same={})
    assert (group.kept_id, [m.photo_id for m in group.matches]) == (0, [2])
    (near,) = group_anew(
        [candidate(1, pixel_hash="a"), candidate(2, flips=4, pixel_hash="b")], distance=8, not_same={}
    )
    assert (near.matches[0].likeness, near.matches[0].similarity) == (Likeness.NEAR, 1 - 4 / 128)
    (same,) = group_anew(
        [candidate(1, pixel_hash="a"), candidate(2, flips=1, pixel_hash="a")], distance=8, not_same={}
    )
    assert (same.matches[0].likeness, same.matches[0].similarity) == (Likeness.PIXELS, 1.0)


def surroundings(
    candidates: Iterable[Candidate], *groups: ExistingGroup, not_same: Apart | None = None
) -> Surroundings:
    return Surroundings(
        candidates={c.photo_id: c for c in candidates},
        groups={group.group_id: group for group in groups},
        not_same=not_same or {},
    )


def standing(group_id: int, kept_id: int, *others: int, settled: bool = False) -> ExistingGroup:
    return ExistingGroup(
        group_id=group_id, kept_id=kept_id, settled=settled, photo_ids=frozenset((kept_id, *others))
    )


def test_a_better_photo_becomes_kept_in_an_open_group_with_the_same_id() -> None:
    photos = [candidate(1), candidate(2), candidate(3, pixels=500)]
    plan = plan_cluster({1, 2, 3}, {3}, surroundings(photos, standing(9, 1, 2)), distance=8)
    ((group_id, grouping),) = plan.groupings
    assert (group_id, groups_of([grouping])) == (9, {3: {1, 2}})
    assert plan.dissolved == plan.joinings == ()


def test_a_settled_group_keeps_its_photo_and_only_near_ones_join() -> None:
    photos = [candidate(1), candidate(2, flips=6), candidate(3, pixels=900), candidate(4, flips=12)]
    around = surroundings(photos, standing(9, 1, 2, settled=True))
    plan = plan_cluster({1, 2, 3, 4}, {3, 4}, around, distance=8)
    (joining,) = plan.joinings
    assert (joining.group_id, [match.photo_id for match in joining.matches]) == (9, [3])
    assert plan.groupings == ()


def test_a_photo_not_the_same_as_one_member_does_not_join() -> None:
    photos = [candidate(1), candidate(2), candidate(3)]
    around = surroundings(photos, standing(9, 1, 2, settled=True), not_same=apart_from_pairs([(2, 3)]))
    assert plan_cluster({1, 2, 3}, {3}, around, distance=8).joinings == ()


def test_a_better_photo_merges_two_open_groups() -> None:
    photos = [candidate(1), candidate(2), candidate(3), candidate(4), candidate(5, pixels=999)]
    around = surroundings(photos, standing(7, 1, 2), standing(8, 3, 4))
    plan = plan_cluster({1, 2, 3, 4, 5}, {5}, around, distance=8)
    ((group_id, grouping),) = plan.groupings
    assert groups_of([grouping]) == {5: {1, 2, 3, 4}}
    assert sorted([group_id, *plan.dissolved]) == [7, 8]


def test_sets_that_share_an_id_are_joined() -> None:
    joined = join_overlapping([{1, 2}, {3}, {2, 3, 4}, {9}, {8, 9}])
    assert sorted(map(sorted, joined)) == [[1, 2, 3, 4], [8, 9]]


@pytest.mark.parametrize("seed", range(8))
def test_groups_have_no_chain_and_keep_the_best_in_any_order(seed: int) -> None:
    rng = random.Random(seed)
    photos = {
        n: candidate(n, flips=rng.randrange(0, 30), pixels=rng.randrange(1, 9) * 100, size=rng.randrange(9))
        for n in range(1, 60)
    }
    not_same = apart_from_pairs([tuple(rng.sample(sorted(photos), 2)) for _ in range(40)])
    groups: dict[int, ExistingGroup] = {}
    seen: set[int] = set()
    order = list(photos)
    rng.shuffle(order)
    for photo_id in order:
        seen.add(photo_id)
        near = {p for p in seen if distance(photos[p].phash, photos[photo_id].phash) <= 8}
        around = surroundings(photos.values(), *groups.values(), not_same=not_same)
        (cluster,) = [whole for whole in around.with_open_groups([near]) if photo_id in whole]
        plan = plan_cluster(cluster, {photo_id}, around, distance=8)
        for group_id in plan.dissolved:
            del groups[group_id]
        for group_id, grouping in plan.groupings:
            key = group_id or max(groups, default=0) + 1
            groups[key] = standing(key, grouping.kept_id, *(m.photo_id for m in grouping.matches))
    members = [photo_id for group in groups.values() for photo_id in group.photo_ids]
    assert len(members) == len(set(members)) > 30
    for group in groups.values():
        best = min((photos[p] for p in group.photo_ids), key=lambda c: c.rank)
        assert group.kept_id == best.photo_id
        for photo_id in group.photo_ids:
            assert distance(photos[photo_id].phash, best.phash) <= 8
            assert not_same.get(photo_id, set()).isdisjoint(group.photo_ids)
