"""The table of groups: photos, faces, and raw and corrected shares with 95% intervals."""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from sqlalchemy.orm import Session

from core.errors import InputError
from core.estimates.shares import PEOPLE, Estimate, Share, estimate_shares
from core.groups.counting import MOST_GROUPS, REST, GroupCount, GroupCounts, count_groups, special_key
from core.groups.grouping import By, Grouping, Unknown
from core.groups.p_chart import Counted, PChart, p_chart
from core.groups.periods import all_periods, long_gaps, period_words
from core.jobs.queries import get_job
from core.number_text import plural
from models import Job, Label


class RowKind(StrEnum):
    """What a row stands for."""

    GROUP = "group"
    #: Photos that the grouping cannot place, such as those without a time.
    UNKNOWN = "unknown"
    #: Photos of groups beyond MOST_GROUPS.
    REST = "rest"


@dataclass(frozen=True, kw_only=True)
class GroupRow:
    """One group."""

    #: Names the group in addresses and files, and sorts in time.
    key: str
    name: str
    kind: RowKind = RowKind.GROUP
    #: Files that were read, and that could not be.
    photos: int
    failed: int
    #: People by predicted label, in the order of PEOPLE.
    predicted: tuple[int, int, int]
    estimate: Estimate
    #: Jobs without an audit whose faces stand beside audited ones of others.
    not_audited: tuple[int, ...] = ()

    @property
    def faces(self) -> int:
        """Faces of people, as predicted."""
        return sum(self.predicted)

    @property
    def is_empty(self) -> bool:
        """Whether no photo belongs to it."""
        return not self.photos and not self.failed

    def having(self, label: Label) -> int:
        """Faces with one of the labels PEOPLE, as predicted."""
        return self.predicted[PEOPLE.index(label)]

    def share(self, label: Label) -> Share:
        """Raw and corrected share of one of the labels PEOPLE; the corrected one only with its interval."""
        share = replace(self.estimate.of(label), raw=self.having(label) / self.faces if self.faces else None)
        if self.not_audited:
            problem = f"job {self.not_audited[0]} has no audit"
            return replace(share, corrected=None, low=None, high=None, problem=problem)
        return replace(share, corrected=None) if share.problem else share


@dataclass(frozen=True, kw_only=True)
class GroupTable:
    """All groups of some jobs; groups by time in its order, empty ones too, then what could not be placed."""

    grouping: Grouping
    job_ids: tuple[int, ...]
    rows: tuple[GroupRow, ...]
    total: GroupRow
    without_offset: int = 0
    #: Faces that came after an audit was drawn, for which it does not stand.
    later: int = 0

    @property
    def groups(self) -> list[GroupRow]:
        """The rows that are groups."""
        return [row for row in self.rows if row.kind is RowKind.GROUP]

    @property
    def is_audited(self) -> bool:
        """Whether any face is audited, so that there can be corrected shares."""
        return self.total.share(Label.WITH_MASK).audited > 0

    def find(self, key: str) -> GroupRow | None:
        """The row with this key."""
        return next((row for row in self.rows if row.key == key), None)

    def chart(self, label: Label) -> PChart:
        """The p-chart of the raw shares of a label."""
        counted = [Counted(name=r.name, having=r.having(label), faces=r.faces) for r in self.groups]
        return p_chart(counted, ordered=self.grouping.is_ordered)

    @property
    def notes(self) -> list[str]:
        """What a reader of the table must know, in sentences."""
        return [
            *(f"{_words_of_photos(row)}: {row.name}." for row in self.rows if row.kind is RowKind.UNKNOWN),
            *(
                f"{_words_of_photos(row)} belong to groups beyond the first {MOST_GROUPS:,}."
                for row in self.rows
                if row.kind is RowKind.REST
            ),
            *self._time_notes(),
            *self._face_notes(),
            *self._audit_notes(),
            *self._gap_notes(),
            *self._zone_notes(),
        ]

    def _time_notes(self) -> list[str]:
        """How photos that EXIF gives no time can get one."""
        is_missing = any(row.key == special_key(Unknown.NO_TIME) for row in self.rows)
        if not is_missing or self.grouping.pattern is not None:
            return []
        example = "{site}/{date}_{time}" if self.grouping.by is By.HOUR else "{site}/{camera}/{date}"
        return [f"If their paths tell it, a pattern over the path, such as {example}, gives them a time."]

    def _face_notes(self) -> list[str]:
        notes: list[str] = []
        if self.total.faces:
            notes.append(
                "Faces are those predicted as people, as for raw shares; results pages count final labels."
            )
        if any(self._is_all_outside(label) for label in PEOPLE):
            notes.append(
                "Each corrected share comes from the audited faces of its own row, so that of all can lie "
                "outside those of the groups."
            )
        return notes

    def _is_all_outside(self, label: Label) -> bool:
        """Whether the corrected share of all is below or above those of all groups."""
        rows = [row.share(label).corrected for row in self.rows if row.faces]
        groups, total = [one for one in rows if one is not None], self.total.share(label).corrected
        if total is None or len(groups) < len(rows) or len(groups) < 2:
            return False
        return not min(groups) <= total <= max(groups)

    def _audit_notes(self) -> list[str]:
        if not self.is_audited and self.total.faces:
            return ["No faces are audited, so there are no corrected shares; a job's page draws an audit."]
        if not self.later:
            return []
        came = plural(self.later, "face")
        return [f"{came} came after the audit sample was drawn; corrected shares leave them out."]

    def _gap_notes(self) -> list[str]:
        unit = self.grouping.by.unit
        if unit is None:
            return []
        gaps = long_gaps(unit, [row.key for row in self.groups])
        return [
            f"No photos between {period_words(unit, before)} and {period_words(unit, after)}: this time is "
            "left out."
            for before, after in gaps
        ]

    def _zone_notes(self) -> list[str]:
        clock = self.grouping.clock
        if self.grouping.by.unit is None:
            return []
        if not clock.zone:
            return ["Times are those that the cameras showed, in whatever zone they were."]
        if not self.without_offset:
            return [f"Times are in {clock.zone}."]
        photos = plural(self.without_offset, "photo does", "photos do")
        taken = clock.clock_zone or clock.zone
        return [
            f"Times are in {clock.zone}. {photos} not say how far the camera's clock was from UTC: it is "
            f"taken to have shown the time of {taken}."
        ]


def predicting_jobs(session: Session, job_ids: Iterable[int]) -> list[Job]:
    """Jobs whose photos can be grouped; InputError job_not_found, job_deleted or job_without_predictions."""
    jobs = [get_job(session, job_id) for job_id in job_ids]
    without = next((job for job in jobs if job.classifier_version_id is None), None)
    if without is not None:
        raise InputError(
            "job_without_predictions", f"Job {without.id} predicts no labels, so it has no shares to group."
        )
    return jobs


def group_table(
    session: Session, jobs: Sequence[Job], grouping: Grouping, *, each: Callable[[], None] = lambda: None
) -> GroupTable:
    """The groups of all files of these jobs, in one pass over them in constant memory.

    `each` is called before each slice of files, and may stop the counting.
    """
    counts = count_groups(session, jobs, grouping, each=each)
    rows = [_row(key, name, counts.groups.get(key, GroupCount())) for key, name in _names(jobs, counts)]
    rows += [
        _row(special_key(unknown), unknown.value, counts.groups[special_key(unknown)], RowKind.UNKNOWN)
        for unknown in Unknown
        if special_key(unknown) in counts.groups
    ]
    if REST in counts.groups:
        rows.append(_row(REST, "other groups", counts.groups[REST], RowKind.REST))
    total = GroupCount()
    for count in counts.groups.values():
        total.add(count)
    return GroupTable(
        grouping=grouping,
        job_ids=tuple(job.id for job in jobs),
        rows=tuple(rows),
        total=_row("", "all", total),
        without_offset=counts.without_offset,
        later=counts.later,
    )


def _row(key: str, name: str, count: GroupCount, kind: RowKind = RowKind.GROUP) -> GroupRow:
    with_mask, without_mask, incorrect = (count.predicted[label] for label in PEOPLE)
    return GroupRow(
        key=key,
        name=name,
        kind=kind,
        photos=count.photos,
        failed=count.failed,
        predicted=(with_mask, without_mask, incorrect),
        estimate=estimate_shares(count.evidence),
        not_audited=tuple(sorted(count.not_audited)) if count.audited else (),
    )


def _names(jobs: Sequence[Job], counts: GroupCounts) -> list[tuple[str, str]]:
    """Keys and names of the groups in order, with those of empty periods and jobs."""
    special, grouping = {REST, *map(special_key, Unknown)}, counts.grouping
    keys = [key for key in counts.groups if key not in special]
    if grouping.by is By.JOB:
        return [(str(job.id), f"Job {job.id}: {job.title}" if job.title else f"Job {job.id}") for job in jobs]
    unit = grouping.by.unit
    if unit is not None:
        return [(key, period_words(unit, key)) for key in (all_periods(unit, keys) if keys else ())]
    return [(key, key or "top folder") for key in sorted(keys, key=_natural)]


def _natural(key: str) -> list[tuple[int, str]]:
    """Sorts cam2 before cam10."""
    return [
        (int(part), "") if part.isdecimal() else (-1, part.casefold()) for part in re.split(r"(\d+)", key)
    ]


def _words_of_photos(row: GroupRow) -> str:
    failed = f"{plural(row.failed, 'file')} that could not be read"
    parts = [plural(row.photos, "photo")] if row.photos else []
    return " and ".join([*parts, failed] if row.failed else parts)
