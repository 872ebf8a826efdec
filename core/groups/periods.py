"""Hours, weekdays, days and weeks in a time zone, and the ones without photos between them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from core.errors import InputError

#: Days or weeks without photos that are listed one by one; a longer gap is left to the axis of time.
LONGEST_GAP = 60


class Unit(StrEnum):
    """The length of a period, and whether it returns."""

    HOUR = "hour"
    WEEKDAY = "weekday"
    DAY = "day"
    WEEK = "week"

    @property
    def returns(self) -> bool:
        """Whether all days or weeks share it, such as 8 o'clock."""
        return self in (Unit.HOUR, Unit.WEEKDAY)


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True, kw_only=True)
class Clock:
    """How the time that a camera wrote becomes the time of a group; InputError time_zone_unknown.

    Without `zone`, groups have the time that the camera showed, wherever it was. With `zone`, a time whose
    offset from UTC EXIF tells is converted to it. A time without an offset is one of a clock in
    `clock_zone`, which is `zone` itself unless it is given: the cameras then showed the time of that zone.
    """

    zone: str = ""
    clock_zone: str = ""

    def __post_init__(self) -> None:
        for name in (self.zone, self.clock_zone):
            if name:
                time_zone(name)

    def local(self, taken_at: str, offset: int | None) -> datetime:
        """The naive time in the zone of the groups; ValueError if `taken_at` is no ISO time.

        Of an hour that the end of summer time repeats, the first one is meant.
        """
        moment = datetime.fromisoformat(taken_at[:19])
        if not self.zone:
            return moment
        if offset is not None:
            aware = (moment - timedelta(minutes=offset)).replace(tzinfo=UTC)
        elif self.clock_zone and self.clock_zone != self.zone:
            aware = moment.replace(tzinfo=time_zone(self.clock_zone))
        else:
            return moment
        return aware.astimezone(time_zone(self.zone)).replace(tzinfo=None)


@cache
def time_zone(name: str) -> ZoneInfo:
    """The zone of an IANA name; InputError time_zone_unknown."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise InputError(
            "time_zone_unknown", f"There is no time zone {name!r}; use a name like Europe/Berlin."
        ) from None


def period_key(unit: Unit, moment: datetime) -> str:
    """The key of the period, which sorts in time: "08", "1" for Monday, "2026-03-01", "2026-W09"."""
    if unit is Unit.HOUR:
        return f"{moment.hour:02}"
    if unit is Unit.WEEKDAY:
        return str(moment.isoweekday())
    if unit is Unit.DAY:
        return moment.date().isoformat()
    year, week, _ = moment.isocalendar()
    return f"{year:04}-W{week:02}"


def period_words(unit: Unit, key: str) -> str:
    """08:00 to 08:59; Monday; Sun 1 March 2026; Week 9 of 2026, from 23 February."""
    if unit is Unit.HOUR:
        return f"{key}:00 to {key}:59"
    if unit is Unit.WEEKDAY:
        return _WEEKDAYS[int(key) - 1]
    first = first_day(unit, key)
    if unit is Unit.DAY:
        return f"{first:%a} {first.day} {first:%B} {first.year}"
    return f"Week {int(key[6:])} of {int(key[:4])}, from {first.day} {first:%B}"


def short_words(unit: Unit, key: str) -> str:
    """08, Mon, 1 Mar, W9: for the axis of a chart."""
    if unit is Unit.HOUR:
        return key
    if unit is Unit.WEEKDAY:
        return _WEEKDAYS[int(key) - 1][:3]
    first = first_day(unit, key)
    return f"{first.day} {first:%b}" if unit is Unit.DAY else f"W{int(key[6:])}"


def long_gaps(unit: Unit, keys: Iterable[str]) -> list[tuple[str, str]]:
    """The keys before and after each gap that `all_periods` does not fill."""
    if unit.returns:
        return []
    step = _step(unit)
    return [
        (before, after)
        for before, after in pairwise(sorted(keys))
        if (first_day(unit, after) - first_day(unit, before)) // step - 1 > LONGEST_GAP
    ]


def first_day(unit: Unit, key: str) -> date:
    """The day, or the Monday of the week."""
    return date.fromisoformat(key)


def all_periods(unit: Unit, keys: Iterable[str]) -> list[str]:
    """The keys with those of the empty periods between them; of hours and weekdays, all there are.

    A gap of more than LONGEST_GAP periods stays a gap.
    """
    if unit is Unit.HOUR:
        return [f"{hour:02}" for hour in range(24)]
    if unit is Unit.WEEKDAY:
        return [str(day) for day in range(1, 8)]
    return list(_filled(unit, sorted(keys)))


def _filled(unit: Unit, keys: list[str]) -> Iterator[str]:
    step = _step(unit)
    before: date | None = None
    for key in keys:
        start = first_day(unit, key)
        missing = 0 if before is None else (start - before) // step - 1
        if before is not None and missing <= LONGEST_GAP:
            for number in range(1, missing + 1):
                yield period_key(unit, datetime.combine(before + number * step, datetime.min.time()))
        yield key
        before = start


def _step(unit: Unit) -> timedelta:
    return timedelta(days=1 if unit is Unit.DAY else 7)
