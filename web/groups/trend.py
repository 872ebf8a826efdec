"""The trend of a schedule: the shares of all its runs, as a page and as a file."""

from collections.abc import Iterator

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from core.csv_text import csv_line
from core.estimates.shares import PEOPLE
from core.groups.chance_words import chance_sentences
from core.groups.csv_file import COLUMNS, group_values
from core.groups.series import Series, read_series, short_names
from core.schedules.store import get_schedule
from web.extension import database
from web.groups.chart import make_chart
from web.groups.forms import read_label
from web.groups.views import interval_of
from web.numbers import query_number

trend = Blueprint("trend", __name__, url_prefix="/schedules/<int:schedule_id>/trend")

_RUN_COLUMNS = ("planned_at", "run", "job", "outcome")


@trend.get("")
def trend_page(schedule_id: int) -> ResponseReturnValue:
    """The runs of a schedule with their chart."""
    label, series = read_label(), _read(schedule_id)
    chart = series.chart(label)
    intervals = [interval_of(each.row, label) for each in series.runs]
    return render_template(
        "groups/trend.html",
        schedule=series.schedule,
        series=series,
        label=label,
        labels=PEOPLE,
        chart=make_chart(chart, intervals, short_names(series), "run") if series.runs else None,
        points={each.row.key: point for each, point in zip(series.runs, chart.points, strict=True)},
        intervals={each.row.key: interval for each, interval in zip(series.runs, intervals, strict=True)},
        sentences=chance_sentences(chart, "run") if series.runs else [],
    )


@trend.get("/table.csv")
def download(schedule_id: int) -> ResponseReturnValue:
    """The runs as a CSV file, with all labels."""
    return Response(
        _lines(_read(schedule_id)),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="schedule-{schedule_id}-trend.csv"'},
    )


def _lines(series: Series) -> Iterator[bytes]:
    yield csv_line((*_RUN_COLUMNS, *COLUMNS[3:]))
    for each in series.runs:
        facts = (each.run.planned_at.isoformat(), each.run.state.value, each.run.job_id, each.words)
        yield csv_line((*facts, *group_values(each.row)[3:]))


def _read(schedule_id: int) -> Series:
    """The runs of the address; InputError schedule_not_found, or schedule_without_shares for other kinds."""
    with database().read() as rows:
        schedule = get_schedule(rows, schedule_id)
        return read_series(
            rows, schedule, only_new=request.args.get("photos") == "new", before=query_number("before")
        )
