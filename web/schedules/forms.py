"""The form of a schedule, and the preview of its times."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired, Length

from core.errors import InputError
from core.schedules.recurrence import Recurrence
from core.schedules.store import Timing, recurrence_of
from models import Overlap, Schedule

_NEXT_RUNS = 5
_OVERLAPS = (
    SelectChoice(Overlap.SKIP.value, "Skip that run"),
    SelectChoice(Overlap.QUEUE.value, "Start as soon as the previous job has ended"),
)


class ScheduleForm(FlaskForm):
    """Title and times; `Recurrence` checks the cron expression."""

    title = StringField("Title", validators=[DataRequired("Enter a title."), Length(max=200)])
    cron = StringField("Times", default="0 6 * * *", validators=[DataRequired(), Length(max=120)])
    time_zone = StringField("Time zone", default="UTC", validators=[DataRequired(), Length(max=64)])
    overlap = RadioField("If the previous run is still going", choices=_OVERLAPS, default=Overlap.SKIP.value)

    renews_reports = BooleanField("Write the reports of earlier runs again if faces were decided since")

    def recurrence(self) -> Recurrence:
        """The times of the form; InputError cron_invalid or time_zone_unknown."""
        return Recurrence(cron=(self.cron.data or "").strip(), time_zone=(self.time_zone.data or "").strip())

    def timing(self) -> Timing:
        """The times, and what happens at them; InputError as `recurrence` raises."""
        return Timing(
            recurrence=self.recurrence(),
            overlap=Overlap(self.overlap.data),
            renews_reports=bool(self.renews_reports.data),
        )


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A recurrence in words, and its next runs in its own time zone."""

    words: str
    time_zone: str
    runs: list[str]


def preview_of(recurrence: Recurrence) -> Preview:
    """The preview of a recurrence."""
    runs = recurrence.following(datetime.now(UTC), _NEXT_RUNS)
    return Preview(
        words=recurrence.words(),
        time_zone=recurrence.time_zone,
        runs=[zoned(run, recurrence.time_zone) for run in runs],
    )


def preview_of_schedule(schedule: Schedule) -> Preview:
    """The preview of a stored schedule; what is no longer valid about its times, without runs."""
    try:
        return preview_of(recurrence_of(schedule))
    except InputError as error:
        return Preview(words=error.message, time_zone=schedule.time_zone, runs=[])


def zoned(moment: datetime, time_zone: str) -> str:
    """Monday 23 November 2026, 06:00; in UTC where this computer does not know the zone."""
    try:
        zone = ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment.astimezone(UTC).strftime("%A %-d %B %Y, %H:%M UTC")
    return moment.astimezone(zone).strftime("%A %-d %B %Y, %H:%M")
