"""What photos are grouped by."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from core.errors import InputError
from core.groups.path_pattern import PathPattern, bare_path
from core.groups.periods import Clock, Unit, period_key

_DEEPEST = 20


class By(StrEnum):
    """The kinds of groups, in the order of the form."""

    HOUR = "hour"
    WEEKDAY = "weekday"
    DAY = "day"
    WEEK = "week"
    FOLDER = "folder"
    PATTERN = "pattern"
    CAMERA = "camera"
    HOST = "host"
    PHRASE = "phrase"
    JOB = "job"

    @property
    def unit(self) -> Unit | None:
        """The period of a grouping by time; None for the others."""
        return _UNITS.get(self)

    @property
    def words(self) -> str:
        """What the groups are: "hour of the day", "source host"."""
        return _WORDS[self]


_WORDS = {
    By.HOUR: "hour of the day",
    By.WEEKDAY: "weekday",
    By.DAY: "day",
    By.WEEK: "week",
    By.FOLDER: "folder",
    By.PATTERN: "pattern over the path",
    By.CAMERA: "camera model",
    By.HOST: "source host",
    By.PHRASE: "search phrase",
    By.JOB: "job",
}

#: Looked up once or twice for each photo.
_UNITS = {by: Unit(by.value) for by in By if by.value in set(Unit)}
_NOUNS = {By.PATTERN: "group"}


class TimesFrom(StrEnum):
    """Where the time of a photo comes from."""

    #: EXIF where it has a time, else the path.
    EITHER = "either"
    EXIF = "exif"
    PATH = "path"


@dataclass(frozen=True, kw_only=True)
class Grouping:
    """What photos are grouped by; InputError grouping_invalid, pattern_invalid or time_zone_unknown."""

    by: By
    clock: Clock = Clock()
    #: Folders below the job's folder that make up the name of a group.
    level: int = 1
    #: Needed for groups by pattern, and for times from the path.
    pattern: PathPattern | None = None
    #: Fields of the pattern that make up a group; by default all that are no times, else all.
    fields: tuple[str, ...] = ()
    times_from: TimesFrom = TimesFrom.EITHER

    def __post_init__(self) -> None:
        if not 1 <= self.level <= _DEEPEST:
            raise _invalid(f"The folder level must be from 1 to {_DEEPEST}.")
        if self.by is By.PATTERN and self.pattern is None:
            raise _invalid("Give a pattern over the path, such as {site}/{camera}/{date}.")
        if (
            self.by.unit
            and self.times_from is TimesFrom.PATH
            and not (self.pattern and self.pattern.has_date)
        ):
            raise _invalid("Times from the path need a pattern with {date}, or {year}, {month} and {day}.")
        for name in self.fields:
            if self.pattern is None or name not in self.pattern.names:
                raise _invalid(f"The pattern has no field {{{name}}}.")

    @property
    def is_ordered(self) -> bool:
        """Whether neighbouring groups are neighbours in time."""
        return self.by.unit is not None

    @property
    def noun(self) -> str:
        """What one group is: "day", "camera"."""
        return _NOUNS.get(self.by, self.by.value)

    @property
    def group_fields(self) -> tuple[str, ...]:
        """The fields that make up a group by pattern."""
        if self.pattern is None:
            return ()
        return self.fields or self.pattern.text_names or self.pattern.names


class PhotoFacts(NamedTuple):
    """What a photo is grouped by; a tuple, since a table makes one for each of a million photos."""

    job_id: int
    #: Path below the job's folder.
    path: str
    #: Columns of `Photo`; None too for a file that could not be read.
    taken_at: str | None = None
    taken_offset: int | None = None
    camera: str | None = None
    #: Of its first source that has one.
    host: str | None = None
    phrase: str | None = None


class Unknown(StrEnum):
    """Groups of photos that the grouping cannot place."""

    NO_TIME = "no time"
    NO_MATCH = "path does not match"
    NO_CAMERA = "no camera named"
    NOT_READ = "unknown camera"
    NO_HOST = "no host"
    NO_PHRASE = "no phrase"


Key = str | Unknown


def key_of(grouping: Grouping, photo: PhotoFacts) -> Key:
    """The key of the photo's group: its text, or why it has none."""
    if grouping.by.unit is not None:
        return _period(grouping, grouping.by.unit, photo)
    match grouping.by:
        case By.FOLDER:
            return "/".join(bare_path(photo.path).split("/")[:-1][: grouping.level])
        case By.PATTERN:
            return _fields(grouping, photo)
        case By.CAMERA:
            return Unknown.NOT_READ if photo.camera is None else photo.camera or Unknown.NO_CAMERA
        case By.HOST:
            return photo.host or Unknown.NO_HOST
        case By.PHRASE:
            return photo.phrase or Unknown.NO_PHRASE
        case _:
            return str(photo.job_id)


def _fields(grouping: Grouping, photo: PhotoFacts) -> Key:
    found = grouping.pattern.match(photo.path) if grouping.pattern else None
    return Unknown.NO_MATCH if found is None else " / ".join(found.fields[n] for n in grouping.group_fields)


def _period(grouping: Grouping, unit: Unit, photo: PhotoFacts) -> Key:
    moment = time_of(grouping, photo, needs_hour=unit is Unit.HOUR)
    return Unknown.NO_TIME if moment is None else period_key(unit, moment)


def time_of(grouping: Grouping, photo: PhotoFacts, *, needs_hour: bool = False) -> datetime | None:
    """The time of a photo in the zone of the groups; None if neither EXIF nor path tell it.

    A path that tells the day alone does not tell the hour; its day is not converted to another zone.
    """
    if grouping.times_from is not TimesFrom.PATH and photo.taken_at is not None:
        try:
            return grouping.clock.local(photo.taken_at, photo.taken_offset)
        except (ValueError, OverflowError):
            return None
    if grouping.times_from is TimesFrom.EXIF or grouping.pattern is None:
        return None
    found = grouping.pattern.match(photo.path)
    if found is None or found.moment is None or (needs_hour and not found.has_hour):
        return None
    return grouping.clock.local(found.moment.isoformat(), None) if found.has_hour else found.moment


def _invalid(message: str) -> InputError:
    return InputError("grouping_invalid", message)
