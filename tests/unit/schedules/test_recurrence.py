"""Cron lines in time zones."""

from datetime import UTC, datetime

import pytest

from core.errors import InputError
from core.schedules.recurrence import Recurrence


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _recurrence(cron: str, time_zone: str = "UTC") -> Recurrence:
    return Recurrence(cron=cron, time_zone=time_zone)


def test_the_time_zone_decides_the_moment() -> None:
    berlin = _recurrence("0 6 * * *", "Europe/Berlin")
    assert berlin.next_after(_at("2026-07-01 00:00")) == _at("2026-07-01 04:00")
    assert berlin.next_after(_at("2026-12-01 00:00")) == _at("2026-12-01 05:00")


def test_an_hour_that_summer_time_skips_is_made_up_for_and_one_that_comes_twice_counts_once() -> None:
    berlin = _recurrence("30 2 * * *", "Europe/Berlin")
    spring = berlin.following(_at("2026-03-28 12:00"), 2)
    assert [moment.date().isoformat() for moment in spring] == ["2026-03-29", "2026-03-30"]
    autumn = berlin.following(_at("2026-10-24 12:00"), 2)
    assert [moment.date().isoformat() for moment in autumn] == ["2026-10-25", "2026-10-26"]


def test_the_latest_time_is_at_or_before_the_moment() -> None:
    hourly = _recurrence("@hourly")
    assert hourly.latest(_at("2026-07-01 10:59:59")) == _at("2026-07-01 10:00")
    assert hourly.latest(_at("2026-07-01 11:00:00")) == _at("2026-07-01 11:00")
    assert hourly.latest(_at("2026-07-01 11:00:01")) == _at("2026-07-01 11:00")


def test_words() -> None:
    assert _recurrence("0 6 * * 1").words() == "At 06:00 on Monday"
    assert _recurrence("@daily").words() == "At 00:00 every day"


@pytest.mark.parametrize(
    ("cron", "zone", "code"),
    [
        ("61 * * * *", "UTC", "cron_invalid"),
        ("* * *", "UTC", "cron_invalid"),
        ("", "UTC", "cron_invalid"),
        ("0 0 30 2 *", "UTC", "cron_invalid"),
        ("0 0 * * *", "Mars/Olympus", "time_zone_unknown"),
        ("0 0 * * *", "../../etc/passwd", "time_zone_unknown"),
        ("0 0 * * *", "", "time_zone_unknown"),
    ],
)
def test_what_makes_no_sense_is_refused(cron: str, zone: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        _recurrence(cron, zone)
    assert refused.value.code == code
