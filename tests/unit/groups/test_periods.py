"""Hours, weekdays, days and weeks: keys in order, empty ones between, and time zones."""

from datetime import datetime

import pytest

from core.errors import InputError
from core.groups.periods import Clock, Unit, all_periods, long_gaps, period_key, period_words, short_words

MOMENT = datetime(2026, 3, 1, 7, 10)


@pytest.mark.parametrize(
    ("unit", "key", "words", "short"),
    [
        (Unit.HOUR, "07", "07:00 to 07:59", "07"),
        (Unit.WEEKDAY, "7", "Sunday", "Sun"),
        (Unit.DAY, "2026-03-01", "Sun 1 March 2026", "1 Mar"),
        (Unit.WEEK, "2026-W09", "Week 9 of 2026, from 23 February", "W9"),
    ],
)
def test_names_of_periods(unit: Unit, key: str, words: str, short: str) -> None:
    assert period_key(unit, MOMENT) == key
    assert (period_words(unit, key), short_words(unit, key)) == (words, short)


def test_periods_without_photos_are_there() -> None:
    assert len(all_periods(Unit.HOUR, ["08"])) == 24
    assert len(all_periods(Unit.WEEKDAY, ["1"])) == 7
    assert all_periods(Unit.DAY, ["2026-03-02", "2026-02-27"]) == [
        "2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02",
    ]  # fmt: skip
    assert all_periods(Unit.WEEK, ["2026-W02", "2025-W51"]) == [
        "2025-W51", "2025-W52", "2026-W01", "2026-W02",
    ]  # fmt: skip


def test_a_long_gap_is_left_out_and_told() -> None:
    keys = ["1999-12-31", "2026-03-01", "2026-03-03"]
    assert all_periods(Unit.DAY, keys) == ["1999-12-31", "2026-03-01", "2026-03-02", "2026-03-03"]
    assert long_gaps(Unit.DAY, keys) == [("1999-12-31", "2026-03-01")]


@pytest.mark.parametrize(
    ("clock", "offset", "hour"),
    [
        (Clock(), None, 7),
        (Clock(), 120, 7),
        (Clock(zone="Europe/Berlin"), None, 7),
        (Clock(zone="Europe/Berlin"), 0, 8),
        (Clock(zone="Europe/Berlin", clock_zone="UTC"), None, 8),
        (Clock(zone="Europe/Berlin", clock_zone="UTC"), 60, 7),
        (Clock(zone="America/New_York"), 60, 1),
    ],
)
def test_a_time_is_converted_where_its_zone_is_known(clock: Clock, offset: int | None, hour: int) -> None:
    assert clock.local("2026-03-01T07:10:00.25", offset).hour == hour


def test_an_offset_counts_summer_time() -> None:
    assert Clock(zone="Europe/Berlin").local("2026-07-01T07:10:00", 0).hour == 9


@pytest.mark.parametrize("zone", ["Atlantis", "../etc/passwd", "Europe"])
def test_an_unknown_time_zone_is_refused(zone: str) -> None:
    for clock in ({"zone": zone}, {"clock_zone": zone}):
        with pytest.raises(InputError) as error:
            Clock(**clock)
        assert error.value.code == "time_zone_unknown"
