"""Near-duplicates by hashes, and bursts by times and hashes."""

import numpy as np
import pytest

from core.datasets.splitting.near_duplicates import FACES, PHOTOS, Nearness, burst_pairs, near_pairs


@pytest.mark.parametrize("near", [PHOTOS, FACES])
def test_bands_miss_no_pair(near: Nearness) -> None:
    """Equals a comparison of every hash with every other."""
    rng = np.random.default_rng(5)
    bases = rng.integers(0, 2**63, size=(40, 2), dtype=np.int64)
    hashes = np.repeat(bases, 8, axis=0)
    for row in hashes:
        for column in range(2):
            for bit in rng.choice(63, size=rng.integers(0, 8), replace=False):
                row[column] ^= np.int64(1) << np.int64(bit)
    new = rng.random(len(hashes)) < 0.5
    found = {tuple(pair) for pairs in near_pairs(hashes, new, near) for pair in pairs.tolist()}
    differing = np.bitwise_count(hashes[:, None] ^ hashes[None])
    close = (differing[..., 0] <= near.perceptual) & (differing[..., 1] <= near.difference)
    np.fill_diagonal(close, False)
    expected = {(one, other) for one, other in np.argwhere(close).tolist() if new[one]}
    assert found == expected
    assert len(found) > 50


def test_photos_of_a_burst_are_close_in_time_and_similar() -> None:
    times = [
        "2026-01-01T10:00:00",
        "2026-01-01T10:00:02.5",
        None,
        "2026-01-01T10:00:05",
        "2026-01-01T10:01:00",
    ]
    hashes = [0, 0b111, 0, -1, 0]
    assert list(burst_pairs(times, hashes)) == [(0, 1)]
