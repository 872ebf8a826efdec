"""Filters of long lists, as keyword arguments."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict


class PhotoFilters(TypedDict, total=False):
    """Which photos of the library; days are as 2026-11-30, in UTC."""

    ids: Sequence[int]
    #: Photos that this job read, fetched or was given.
    job: int
    #: with_mask, without_mask, incorrect, not_a_face, not_labelled, no_face or not_searched.
    label: str
    #: Part of a file's path or address, or of a title.
    name: str
    licence: str
    host: str
    phrase: str
    #: folder, upload, crawl or camera.
    kind: str
    since: str
    until: str


def photo_query(filters: Mapping[str, Any]) -> dict[str, Any]:
    """The filters as an address has them."""
    ids = filters.get("ids")
    return {**filters} if ids is None else {**filters, "ids": ",".join(map(str, ids))}


class Grouping(TypedDict, total=False):
    """What the photos of a job are grouped by."""

    #: hour, weekday, day, week, folder, pattern, camera, host, phrase or job.
    by: str
    #: Label of the chart.
    label: str
    zone: str
    clock_zone: str
    #: either, exif or path.
    times_from: str
    pattern: str
    #: Fields of the pattern that make up a group.
    fields: Sequence[str]
    #: Folders below the job's folder that name a group.
    level: int
    #: Further jobs of the table.
    jobs: Sequence[int]


def grouping_query(grouping: Mapping[str, Any]) -> dict[str, Any]:
    """The grouping as an address has it."""
    given = dict(grouping)
    return {"field": [*given.pop("fields", ())], "job": [*given.pop("jobs", ())], **given}


class ScheduleChanges(TypedDict, total=False):
    """What changes of a schedule."""

    title: str
    cron: str
    time_zone: str
    overlap: str
    renews_reports: bool


class WebhookChanges(TypedDict, total=False):
    """What changes of a webhook; `state` is active or paused."""

    name: str
    url: str
    events: Sequence[str]
    state: str
