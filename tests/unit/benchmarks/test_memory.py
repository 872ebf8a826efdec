"""The slope of a part's memory is that of its samples, without what it took to warm up."""

import pytest

from benchmarks.memory import Sample, slope, table

MIB = 2**20


def test_the_slope_is_bytes_an_hour() -> None:
    samples = [Sample(hours=number / 10, bytes=100 * MIB + number * MIB) for number in range(11)]
    assert slope(samples) == pytest.approx(10 * MIB)


def test_the_first_quarter_is_left_out() -> None:
    warming = [Sample(hours=number / 100, bytes=number * 10 * MIB) for number in range(25)]
    steady = [Sample(hours=0.25 + number / 100, bytes=300 * MIB) for number in range(75)]
    lines = list(table(100, {"worker": warming + steady, "late": steady[:1]}, 60.0))
    assert lines[0].startswith("100 jobs in 60 minutes")
    assert lines[-1] == "| worker | 300.0 | 300.0 | +0.0 |"
