"""`maskloop groups`: prints the groups of jobs."""

import json
from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from core.database import Database
from core.errors import InputError
from core.groups.chance_words import chance_sentences, limits_words
from core.groups.comparison import Comparison, compare_rows
from core.groups.csv_file import COLUMNS, csv_lines, group_values
from core.groups.grouping import By, Grouping, TimesFrom
from core.groups.p_chart import PChart, Point, Side
from core.groups.path_pattern import PathPattern
from core.groups.periods import Clock
from core.groups.table import GroupRow, GroupTable, RowKind, group_table, predicting_jobs
from core.number_text import number, share
from core.settings import Settings
from models import Label
from web.serve_command import require_database

_NONE = "–"
_MARKS = {None: "", Side.ABOVE: " ▲", Side.BELOW: " ▼"}


def print_groups(
    jobs: Sequence[int],
    *,
    label: str,
    compare: tuple[str, str] | None,
    as_json: bool,
    as_csv: bool,
    **given: Any,
) -> None:
    """Print the groups of jobs; `given` are the options of the grouping."""
    grouping = _grouping(**given)
    settings = Settings.from_env()
    require_database(settings)
    database = Database(settings.sql_url)
    try:
        with database.read() as rows:
            table = group_table(rows, predicting_jobs(rows, dict.fromkeys(jobs)), grouping)
    finally:
        database.dispose()
    shown, pair = Label(label), _comparison(table, compare, Label(label))
    if as_csv:
        for line in csv_lines(table):
            click.echo(line, nl=False)
    elif as_json:
        click.echo(json.dumps(_facts(table, shown, pair), indent=2))
    else:
        _show(table, shown, pair)


def _grouping(
    *,
    by: str,
    zone: str,
    clock_zone: str,
    times_from: str,
    pattern: str,
    fields: tuple[str, ...],
    level: int,
) -> Grouping:
    return Grouping(
        by=By(by),
        clock=Clock(zone=zone, clock_zone=clock_zone),
        level=level,
        pattern=PathPattern(text=pattern) if pattern else None,
        fields=tuple(name.strip("{}") for name in fields),
        times_from=TimesFrom(times_from),
    )


def _comparison(table: GroupTable, keys: tuple[str, str] | None, label: Label) -> Comparison | None:
    if not keys:
        return None
    named = {row.name: row for row in table.rows}
    found = [table.find(key) or named.get(key) for key in keys]
    first, second = found
    if first is None or second is None:
        missing = keys[0] if first is None else keys[1]
        raise InputError("group_not_found", f"There is no group {missing!r} in this table.")
    return compare_rows(first, second, label)


def _facts(table: GroupTable, label: Label, pair: Comparison | None) -> dict[str, Any]:
    chart = table.chart(label)
    return {
        "jobs": table.job_ids,
        "by": table.grouping.by.value,
        "label": label.value,
        "groups": [dict(zip(COLUMNS, group_values(row), strict=True)) for row in table.rows],
        "all": dict(zip(COLUMNS, group_values(table.total), strict=True)),
        "chart": _chart_facts(chart),
        "change_or_chance": chance_sentences(chart, table.grouping.noun),
        "notes": table.notes,
        "comparison": None if pair is None else _pair_facts(pair),
    }


def _chart_facts(chart: PChart) -> dict[str, Any]:
    return {
        "mean": chart.centre,
        "sigma_z": chart.spread,
        "problem": chart.problem,
        "points": [
            {"name": point.name, "share": point.share, "low": point.low, "high": point.high,
             "outside": point.outside and point.outside.value}
            for point in chart.points
        ],
        "runs": [
            {"first": run.first, "last": run.last, "groups": run.groups, "side": run.side.value}
            for run in chart.runs
        ],
    }  # fmt: skip


def _pair_facts(pair: Comparison) -> dict[str, Any]:
    difference = pair.difference
    return {
        "first": pair.first.key,
        "second": pair.second.key,
        "difference": difference.value,
        "low_95": difference.low,
        "high_95": difference.high,
        "problem": difference.problem,
        "words": pair.words,
    }


def _show(table: GroupTable, label: Label, pair: Comparison | None) -> None:
    console = Console(highlight=False, soft_wrap=True)
    chart = table.chart(label)
    console.print(_table(table, label, {point.name: point for point in chart.points}))
    for sentence in (*chance_sentences(chart, table.grouping.noun), *table.notes):
        console.print(sentence, markup=False)
    if pair is not None:
        console.print(
            f"{pair.second.name} against {pair.first.name}: {pair.words} {pair.raw_words or ''}", markup=False
        )


def _table(table: GroupTable, label: Label, points: dict[str, Point]) -> Table:
    title = f"Faces {label.words} by {table.grouping.by.words}"
    shown = Table("", "photos", "faces", "raw share", "corrected share", "limits", title=title)
    for column in shown.columns[1:]:
        column.justify = "right"
    for row in table.rows:
        point = points.get(row.name) if row.kind is RowKind.GROUP else None
        limits = _NONE if point is None else limits_words(point) + _MARKS[point.outside]
        shown.add_row(row.name, *_cells(row, label, table.is_audited), limits)
    shown.add_section()
    shown.add_row(table.total.name, *_cells(table.total, label, table.is_audited), "")
    return shown


def _cells(row: GroupRow, label: Label, is_audited: bool) -> tuple[str, ...]:
    """Photos, faces, raw share, and corrected share with its 95% interval."""
    photos = number(row.photos) + (f" + {number(row.failed)} not read" if row.failed else "")
    if not row.faces:
        return photos, "0", _NONE, _NONE
    found, raw = row.share(label), share(row.having(label), row.faces)
    corrected = found.problem or _NONE if is_audited else _NONE
    if found.corrected is not None and found.low is not None and found.high is not None:
        ends = f"{share(found.low, 1)} to {share(found.high, 1)}"
        corrected = f"{share(found.corrected, 1)} ({ends})"
    return photos, number(row.faces), raw, corrected
