"""The grouping of an address, and the address of a grouping."""

from dataclasses import dataclass

from flask import request

from core.errors import InputError
from core.estimates.shares import PEOPLE
from core.groups.grouping import By, Grouping, TimesFrom
from core.groups.path_pattern import PathPattern
from core.groups.periods import Clock
from models import Label
from web.numbers import LARGEST
from web.pages import chosen

#: Jobs that one table takes.
MOST_JOBS = 20
_LONGEST_LEVEL = 3


@dataclass(frozen=True, kw_only=True)
class GroupsForm:
    """The fields as they were given, to be shown again; empty fields are the defaults."""

    by: By
    label: Label
    zone: str
    clock_zone: str
    times_from: TimesFrom
    pattern: str
    field: str
    level: int
    #: Numbers of further jobs as typed: "12, 15".
    others: str
    #: Keys of two groups to compare.
    first: str
    second: str

    def grouping(self) -> Grouping:
        """The grouping; InputError grouping_invalid, pattern_invalid or time_zone_unknown."""
        return Grouping(
            by=self.by,
            clock=Clock(zone=self.zone, clock_zone=self.clock_zone),
            level=self.level,
            pattern=PathPattern(text=self.pattern) if self.pattern else None,
            fields=(self.field,) if self.field else (),
            times_from=self.times_from,
        )

    def other_jobs(self, job_id: int) -> list[int]:
        """Numbers of the further jobs, without the page's own; InputError number_invalid."""
        found: list[int] = []
        for text in self.others.replace(",", " ").split():
            if not text.isdecimal() or int(text[:11]) > LARGEST:
                raise InputError("number_invalid", f"Other jobs are given by their numbers, not {text[:40]}.")
            if int(text) not in (*found, job_id):
                found.append(int(text))
        if len(found) >= MOST_JOBS:
            raise InputError("too_many_jobs", f"One table takes at most {MOST_JOBS} jobs.")
        return found

    @property
    def query(self) -> dict[str, str]:
        """The fields as query arguments, without those that are empty or not used by the grouping."""
        given = {
            "by": self.by.value,
            "label": self.label.value,
            "zone": self.zone,
            "clock_zone": self.clock_zone,
            "times_from": "" if self.times_from is TimesFrom.EITHER else self.times_from.value,
            "pattern": self.pattern,
            "field": self.field,
            "level": "" if self.level == 1 else str(self.level),
            "others": self.others,
        }
        return {name: value for name, value in given.items() if value}


def read_form() -> GroupsForm:
    """The form of the request's address; InputError option_invalid for a choice that there is not."""
    given = {name: value.strip() for name, value in request.args.items()}
    level = given.get("level") or "1"
    if not level.isdecimal() or len(level) > _LONGEST_LEVEL:
        raise InputError("option_invalid", f"The folder level must be a whole number, not {level[:40]!r}.")
    return GroupsForm(
        by=chosen(By, "by") or By.DAY,
        label=read_label(),
        zone=given.get("zone", ""),
        clock_zone=given.get("clock_zone", ""),
        times_from=chosen(TimesFrom, "times_from") or TimesFrom.EITHER,
        pattern=given.get("pattern", ""),
        field=given.get("field", "").strip("{}"),
        level=int(level),
        others=given.get("others", ""),
        first=given.get("first", ""),
        second=given.get("second", ""),
    )


def read_label() -> Label:
    """The label whose shares are shown; InputError option_invalid."""
    label = chosen(Label, "label") or Label.WITH_MASK
    if label not in PEOPLE:
        raise InputError("option_invalid", f"label cannot be {label.value!r}: shares are of people.")
    return label
