"""A pattern over the path of a photo, such as `{site}/{camera}/{date}`: names for groups, and a time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise

from core.errors import InputError

#: Fields that match times alone; every other name matches any text without a slash.
_TIMES = {
    "date": r"\d{4}[-_.]?\d{2}[-_.]?\d{2}",
    "time": r"\d{2}[-_.:h]?\d{2}(?:[-_.:m]?\d{2})?",
    "year": r"\d{4}",
    "month": r"\d{1,2}",
    "day": r"\d{1,2}",
    "hour": r"\d{1,2}",
    "minute": r"\d{1,2}",
    "second": r"\d{1,2}",
}
_TEXT = r"[^/]+?"
_PIECE = re.compile(r"\{(\w*)\}|\*\*/?|\*|[{}]|[^*{}]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")
#: What may follow the pattern: deeper folders, an extension, nothing.
_END = r"(?=/|\.[^./]*$|$)"
_LONGEST = 200
#: Parts of a path segment that match any text; more of them make a search slow.
_MOST_LOOSE = 4

HELP = (
    "Fields in braces match text up to the next slash: {site}/{camera}. {date}, {time}, {year}, {month}, "
    "{day}, {hour}, {minute} and {second} match times alone. * matches anything up to the next slash, ** "
    "any folders."
)


def bare_path(path: str) -> str:
    """A path without slashes at its ends; of a web address, host and path alone."""
    scheme, separator, rest = path.partition("://")
    if separator and "/" not in scheme:
        path = re.split(r"[?#]", rest, maxsplit=1)[0]
    return path.strip("/")


@dataclass(frozen=True, kw_only=True)
class PathMatch:
    """The fields of one path."""

    fields: Mapping[str, str]
    #: Time by the fields, without zone; None if the pattern has no date.
    moment: datetime | None = None
    #: Whether the fields tell the hour.
    has_hour: bool = False


@dataclass(frozen=True, kw_only=True)
class PathPattern:
    """A pattern, matched from the start of the path below the job's folder.

    After its end the path may go on with deeper folders or an extension. Raises InputError pattern_invalid.
    """

    text: str
    #: Names of the fields in order.
    names: tuple[str, ...] = field(init=False)
    _regex: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.text.strip("/"):
            raise _invalid("it is empty")
        if len(self.text) > _LONGEST:
            raise _invalid(f"it has more than {_LONGEST} characters")
        pieces = list(_PIECE.finditer(self.text.strip("/")))
        names = tuple(_name(piece) for piece in pieces if piece[0][0] == "{")
        if not names:
            raise _invalid("it has no field in braces")
        if len(set(names)) < len(names):
            raise _invalid("a field occurs twice")
        _check_loose(self.text)
        object.__setattr__(self, "names", names)
        source = "".join(_piece_regex(piece) for piece in pieces)
        object.__setattr__(self, "_regex", re.compile(source + _END))

    @property
    def has_date(self) -> bool:
        """Whether the fields tell the day."""
        return "date" in self.names or {"year", "month", "day"} <= set(self.names)

    @property
    def text_names(self) -> tuple[str, ...]:
        """The fields that are no times."""
        return tuple(name for name in self.names if name not in _TIMES)

    def match(self, path: str) -> PathMatch | None:
        """The fields of a path; None if it does not match, or names a day that does not exist."""
        found = self._regex.match(bare_path(path))
        if found is None:
            return None
        fields = found.groupdict()
        if not self.has_date:
            return PathMatch(fields=fields)
        try:
            moment = _moment(fields)
        except ValueError:
            return None
        return PathMatch(fields=fields, moment=moment, has_hour="time" in fields or "hour" in fields)


def _name(piece: re.Match[str]) -> str:
    name = piece[1] or ""
    if _NAME.fullmatch(name) is None:
        raise _invalid("a field is written {name}, with small letters, digits and _")
    return name


def _piece_regex(piece: re.Match[str]) -> str:
    text = piece[0]
    if text == "**/":
        return "(?:[^/]+/)*?"
    if text == "**":
        return ".*?"
    if text == "*":
        return r"[^/]*?"
    if text == "}":
        raise _invalid("a brace is not closed")
    if text[0] == "{":
        return f"(?P<{piece[1]}>{_TIMES.get(piece[1], _TEXT)})"
    return re.escape(text)


def _check_loose(text: str) -> None:
    """Refuse what a search would have to guess, or would need too long for."""
    if text.count("**") > 1:
        raise _invalid("** occurs more than once")
    for segment in text.strip("/").split("/"):
        pieces = [piece[0] for piece in _PIECE.finditer(segment)]
        loose = [text[0] in "{*" and text.strip("{}") not in _TIMES for text in pieces]
        if sum(loose) > _MOST_LOOSE:
            raise _invalid(f"more than {_MOST_LOOSE} fields stand between two slashes")
        if any(first and second for first, second in pairwise(loose)):
            raise _invalid("two fields follow each other without text between them")


def _moment(fields: Mapping[str, str]) -> datetime:
    """The time of the fields; ValueError if it does not exist."""
    day, clock = (re.sub(r"\D", "", fields.get(name, "")) for name in ("date", "time"))
    return datetime(
        int(day[:4] or fields["year"]),
        int(day[4:6] or fields["month"]),
        int(day[6:] or fields["day"]),
        int(clock[:2] or fields.get("hour", "0")),
        int(clock[2:4] or fields.get("minute", "0")),
        int(clock[4:] or fields.get("second", "0")),
    )


def _invalid(reason: str) -> InputError:
    return InputError("pattern_invalid", f"The pattern over the path cannot be used: {reason}.")
