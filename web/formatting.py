"""Template filters: numbers (`core/number_text.py`), times and words as pages show them."""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from markupsafe import Markup

from core.detection.photo import note_words
from core.groups.chance_words import limits_words
from core.jobs.outcome import outcome_of
from core.number_text import (
    FEWEST_FACES,
    change,
    decimal,
    is_too_few,
    metric,
    number,
    p_value,
    percent,
    plural,
    points,
    scientific,
    share,
    share_of_faces,
    size,
    threshold,
    too_few,
)
from models import Photo

#: One file per block, in cascade order.
_STYLESHEETS = (
    *("variables", "page", "header", "button", "form", "notice", "badge", "panel"),
    *("progress", "jobs", "bars", "estimates", "table", "reports", "log", "dialog", "new-job", "filters"),
    *("grid", "boxes", "photo", "box-editor", "schedules", "curves", "datasets"),
    *("evaluation", "groups", "crawl", "library", "duplicates", "review", "review-grid", "guide", "face"),
    *("try", "camera", "system", "blank", "edges", "touch"),
)


def add_filters(app: Flask) -> None:
    """Register the filters and the list of style sheets."""
    app.jinja_env.globals["stylesheets"] = _STYLESHEETS
    app.jinja_env.globals["fewest_faces"] = FEWEST_FACES
    for function in (
        number,
        decimal,
        percent,
        threshold,
        share,
        share_of_faces,
        metric,
        change,
        p_value,
        points,
        scientific,
        too_few,
        is_too_few,
        alike,
        size,
        duration,
        clock,
        day_and_time,
        iso,
        plural,
        words,
        outcome_of,
        limits_words,
        photo_note,
        without,
        coded,
    ):
        app.template_filter(function.__name__)(function)


def coded(text: str) -> Markup:
    """A message for people, with its commands, which stand between backticks, as code."""
    parts = text.split("`")
    if len(parts) % 2 == 0:
        return Markup("{}").format(text)
    code, words = Markup("<code>{}</code>"), Markup("{}")
    return Markup("").join((code if place % 2 else words).format(part) for place, part in enumerate(parts))


def alike(similarity: float) -> str:
    """Per cent with one decimal, rounded down: 100% means identical."""
    value = math.floor(similarity * 1000) / 10
    return f"{value:.0f}%" if value == 100 else f"{value:.1f}%"


def duration(seconds: float) -> str:
    """The two largest units: 2 h 5 min, 40 s."""
    whole = max(0, round(seconds))
    days, hours, minutes = whole // 86400, whole // 3600 % 24, whole // 60 % 60
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    if minutes:
        return f"{minutes} min {whole % 60} s" if minutes < 10 else f"{minutes} min"
    return f"{whole} s"


def clock(value: datetime) -> str:
    """14:03:22 UTC"""
    return value.astimezone(UTC).strftime("%H:%M:%S")


def day_and_time(value: datetime) -> str:
    """22 November 2026, 14:03 UTC; the browser converts it to its time zone."""
    return value.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")


def iso(value: datetime) -> str:
    """For `datetime` attributes."""
    return value.astimezone(UTC).isoformat(timespec="seconds")


def photo_note(photo: Photo) -> str:
    """first of 3 frames; dark throughout: faces may be missed"""
    return note_words(photo.frames, photo.notes)


def without(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The arguments of an address without one of them."""
    return {key: value for key, value in given.items() if key != name}


def words(value: str) -> str:
    """not a face, for not_a_face"""
    return value.replace("_", " ")
