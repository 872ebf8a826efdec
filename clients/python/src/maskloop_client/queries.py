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
