"""The search by embeddings is exact, finds each pair once, and is limited for each photo."""

import numpy as np
import pytest

from core.dedup import similar
from core.dedup.grouping import Candidate
from core.dedup.similar import MOST_SIMILAR, EmbeddedPhotos, pair_of, pairs_with_group_members, similar_pairs


def made(count: int, *, seed: int = 1) -> EmbeddedPhotos:
    """Random vectors, every tenth of which is a noisy copy of the one before it."""
    rng = np.random.default_rng(seed)
    vectors = rng.integers(-100, 100, (count, 32))
    vectors[1::10] = vectors[0::10] + rng.integers(-20, 20, vectors[1::10].shape)
    return EmbeddedPhotos(ids=np.arange(count) * 3 + 1, vectors=vectors.clip(-127, 127).astype(np.int8))


def test_it_finds_the_same_pairs_as_one_product(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_AT_ONCE", 70)
    library = made(300)
    new = library.take(slice(100, 250))
    wide = library.vectors.astype(float)
    cosines = wide @ wide.T / np.outer(*[np.linalg.norm(wide, axis=1)] * 2)
    wanted = {
        (int(library.ids[a]), int(library.ids[b]))
        for a, b in np.argwhere(np.triu(cosines >= 0.5, 1))
        if 100 <= a < 250 or 100 <= b < 250
    }
    found = similar_pairs(new, library, 0.5)
    assert {(pair.first_id, pair.second_id) for pair in found} == wanted
    assert len(found) == len(wanted) >= 15
    places = {int(photo_id): at for at, photo_id in enumerate(library.ids)}
    for pair in found:
        assert pair.cosine == pytest.approx(cosines[places[pair.first_id], places[pair.second_id]], abs=1e-5)


def test_only_the_most_similar_photos_of_a_long_burst_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_AT_ONCE", 16)
    rng = np.random.default_rng(2)
    vectors = np.full((100, 32), 90) + np.arange(100)[:, None] * rng.choice([-1, 1], 32) * 0.3
    library = EmbeddedPhotos(ids=np.arange(100), vectors=vectors.astype(np.int8))
    found = similar_pairs(library.take(slice(0, 1)), library, 0.5)
    assert len(found) == MOST_SIMILAR
    assert max(pair.second_id for pair in found) <= MOST_SIMILAR + 8


def test_an_empty_library_has_no_pairs() -> None:
    nothing = made(10).take(slice(0, 0))
    assert similar_pairs(nothing, nothing, 0.5) == []


def test_arrays_of_wrong_length_or_dtype_are_refused() -> None:
    with pytest.raises(ValueError, match="lengths"):
        EmbeddedPhotos(ids=np.arange(2), vectors=np.zeros((3, 4), np.int8))
    with pytest.raises(ValueError, match="int8"):
        EmbeddedPhotos(ids=np.arange(3), vectors=np.zeros((3, 4), np.float32))  # type: ignore[arg-type]


def photos(*pixels: int) -> dict[int, Candidate]:
    """Candidates with ids from 1 and these numbers of pixels."""
    return {
        at: Candidate(photo_id=at, phash=0, dhash=0, pixel_hash=None, pixels=count, bytes=1)
        for at, count in enumerate(pixels, 1)
    }


def test_the_better_photo_is_compared_with_the_group_of_the_other() -> None:
    found = [pair_of(2, 1, 0.9), pair_of(1, 5, 0.8)]
    members = {1: [3, 4, 5], 2: [6]}
    assert list(pairs_with_group_members(found, photos(50, 90, 9, 9, 9, 9), members)) == [
        (2, 3),
        (2, 4),
        (2, 5),
    ]
    assert list(pairs_with_group_members(found, photos(90, 50, 9, 9, 9, 9), members)) == [(1, 6)]


def test_no_pair_is_compared_twice() -> None:
    found = [pair_of(1, 2, 0.9), pair_of(1, 3, 0.9), pair_of(2, 3, 0.9)]
    members = {2: [4, 3], 3: [4]}
    assert list(pairs_with_group_members(found, photos(90, 50, 40, 9), members)) == [(1, 4), (2, 4)]


def test_a_removed_photo_gives_no_pairs() -> None:
    assert list(pairs_with_group_members([pair_of(1, 9, 0.9)], photos(90), {9: [1]})) == []
