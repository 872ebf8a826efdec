"""The search by hashes gives the same results as brute force."""

import numpy as np
import pytest

from core.dedup import hash_search
from core.dedup.hash_search import HashedLibrary, HashIndex
from core.library.fingerprints.photo_hashes import HashedPhotos, has_detail


def hashes(count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 2**64, count, dtype=np.uint64)


def flipped(values: np.ndarray, bits: int, rng: np.random.Generator) -> np.ndarray:
    out = values.copy()
    for at in range(len(out)):
        for bit in rng.choice(64, rng.integers(0, bits + 1), replace=False):
            out[at] ^= np.uint64(1) << np.uint64(bit)
    return out


def photos_with_twins(rng: np.random.Generator) -> HashedPhotos:
    phash, dhash = hashes(400, rng), hashes(400, rng)
    phash[200:] = flipped(phash[:200], 10, rng)
    dhash[200:] = flipped(dhash[:200], 10, rng)
    phash[390:] = phash[190:200]
    dhash[390:] = dhash[190:200]
    ids = rng.permutation(np.arange(1000, 1400))
    return HashedPhotos(ids=ids, phash=phash, dhash=dhash)


def all_clusters(photos: HashedPhotos, new: set[int], distance: int) -> set[frozenset[int]]:
    """Clusters of new photos and photos near them, by brute force."""
    groups: list[set[int]] = []
    for at in range(len(photos)):
        if int(photos.ids[at]) not in new:
            continue
        near = np.bitwise_count(photos.phash ^ photos.phash[at]) <= distance
        near &= np.bitwise_count(photos.dhash ^ photos.dhash[at]) <= distance
        joined = set(photos.ids[near].tolist())
        for group in [group for group in groups if group & joined]:
            groups.remove(group)
            joined |= group
        groups.append(joined)
    return {frozenset(group) for group in groups if len(group) > 1}


@pytest.mark.parametrize("radius", [0, 3, 4, 7, 8, 11])
def test_the_index_finds_every_hash_within_the_radius_and_no_other(radius: int) -> None:
    rng = np.random.default_rng(radius)
    entries = hashes(3000, rng)
    queries = flipped(entries[:700], 14, rng)
    found = {
        (int(q), int(e))
        for asked, near in HashIndex(entries).search(queries, radius)
        for q, e in zip(asked, near, strict=True)
    }
    wanted = np.argwhere(np.bitwise_count(queries[:, None] ^ entries[None]) <= radius)
    assert found == {(int(q), int(e)) for q, e in wanted}
    assert len(found) > 20


def test_small_blocks_give_the_same_results(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    photos = photos_with_twins(rng)
    whole = HashedLibrary(photos).clusters(photos, 8)
    monkeypatch.setattr(hash_search, "_COMPARED_AT_ONCE", 7)
    monkeypatch.setattr(hash_search, "_QUERIES_AT_ONCE", 3)
    monkeypatch.setattr(hash_search, "_PAIRS_AT_ONCE", 5)
    cut = HashedLibrary(photos).clusters(photos, 8)
    assert {frozenset(c.tolist()) for c in cut} == {frozenset(c.tolist()) for c in whole}


@pytest.mark.parametrize("distance", [0, 4, 8, 11])
def test_clusters_equal_those_of_brute_force(distance: int) -> None:
    rng = np.random.default_rng(distance)
    photos = photos_with_twins(rng)
    for some in (np.arange(400), np.arange(150, 260), np.array([7])):
        new = photos.take(some)
        found = HashedLibrary(photos).clusters(new, distance)
        assert {frozenset(c.tolist()) for c in found} == all_clusters(photos, set(new.ids.tolist()), distance)


def test_ten_thousand_photos_with_equal_hashes_make_no_pairs() -> None:
    one = np.full(10_000, 0x5555_5555_5555_5555, np.uint64)
    photos = HashedPhotos(ids=np.arange(10_000), phash=one, dhash=one)
    (cluster,) = HashedLibrary(photos).clusters(photos, 8)
    assert len(cluster) == 10_000


def test_pictures_without_detail_are_left_out() -> None:
    plain = np.array([1 << 63, 1 << 63, 0x5555_5555_5555_5555], np.uint64)
    photos = HashedPhotos(ids=np.arange(3), phash=plain, dhash=np.zeros(3, np.uint64))
    assert has_detail(plain).tolist() == [False, False, True]
    assert HashedLibrary(photos).clusters(photos, 8) == []


def test_an_empty_library_and_no_new_photos() -> None:
    none = HashedPhotos(ids=np.empty(0, np.int64), phash=np.empty(0, np.uint64), dhash=np.empty(0, np.uint64))
    assert HashedLibrary(none).clusters(none, 8) == []
    assert HashedLibrary(photos_with_twins(np.random.default_rng(0))).clusters(none, 8) == []
