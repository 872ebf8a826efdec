"""No hot path takes 5 % more work than recorded, nor much less without a new record."""

import tomllib
from pathlib import Path

import pytest

from benchmarks.hot_paths import RECORD, count_work
from core.detection.weights import NEEDED, fetch_weights
from core.settings import Settings

_MOST = 0.05


def differences(counts: dict[str, int], record: dict[str, int]) -> list[str]:
    """Counts that are farther from the record than allowed, in words."""
    names = counts.keys() | record.keys()
    pairs = {name: (record.get(name, 0), counts.get(name, 0)) for name in sorted(names)}
    return [
        f"{name}: {recorded:,} recorded, {counted:,} counted"
        for name, (recorded, counted) in pairs.items()
        if abs(counted - recorded) > _MOST * recorded
    ]


@pytest.fixture(scope="module")
def counts() -> dict[str, int]:
    weights: Path = Settings().weights
    fetch_weights(NEEDED, weights)
    return count_work(weights)


def test_no_hot_path_takes_other_work_than_recorded(counts: dict[str, int]) -> None:
    record = tomllib.loads(RECORD.read_text(encoding="utf-8"))
    found = differences(counts, record["counts"])
    assert not found, f"{found}: if it is meant, write the new counts and a note into {RECORD.name}"
    assert record["notes"]


def test_more_work_and_forgotten_counts_are_found(counts: dict[str, int]) -> None:
    more = counts | {"network_pixels": round(counts["network_pixels"] * 1.06)}
    assert len(differences(more, counts)) == 1
    assert len(differences({**counts, "new": 1}, counts)) == len(differences({}, {"gone": 1})) == 1
