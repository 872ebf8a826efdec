"""A cron expression in a time zone: its next times, and a description in plain English."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from core.errors import InputError

#: The shorthands of cron.
_SHORTHANDS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


@dataclass(frozen=True, kw_only=True)
class Recurrence:
    """When a schedule fires; construction raises InputError cron_invalid or time_zone_unknown."""

    cron: str
    time_zone: str

    def __post_init__(self) -> None:
        self._zone()
        try:
            next(self._times(datetime.now(UTC)))
        except (CronSimError, StopIteration) as error:
            reason = str(error) or "it never fires"
            raise InputError("cron_invalid", f"The cron expression is not valid: {reason}.") from error

    def words(self) -> str:
        """The expression in plain English, such as "At 06:00 every day"."""
        return str(self._simulate(datetime.now(UTC)).explain())

    def next_after(self, moment: datetime) -> datetime:
        """The first time after a moment, in UTC."""
        return next(self._times(moment))

    def following(self, moment: datetime, count: int) -> list[datetime]:
        """The first `count` times after a moment, in UTC."""
        return list(islice(self._times(moment), count))

    def latest(self, moment: datetime) -> datetime:
        """The last time at or before a moment, in UTC."""
        before = next(self._simulate(moment, reverse=True)).astimezone(UTC)
        after = next(self._times(before), None)
        return after if after is not None and after <= moment else before

    def _times(self, moment: datetime) -> Iterator[datetime]:
        return (local.astimezone(UTC) for local in self._simulate(moment))

    def _simulate(self, moment: datetime, *, reverse: bool = False) -> CronSim:
        line = _SHORTHANDS.get(self.cron.strip().lower(), self.cron.strip())
        return CronSim(line, moment.astimezone(self._zone()), reverse=reverse)

    def _zone(self) -> ZoneInfo:
        try:
            return ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise InputError(
                "time_zone_unknown",
                f"There is no time zone {self.time_zone!r}; use a name like Europe/Berlin.",
            ) from None
