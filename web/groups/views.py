"""The groups of a job: form, chart, table, two groups side by side, and the table as a file."""

from collections.abc import Sequence

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from core.errors import InputError
from core.estimates.shares import PEOPLE
from core.groups.chance_words import chance_sentences
from core.groups.comparison import Comparison, compare_rows
from core.groups.csv_file import csv_lines
from core.groups.grouping import By, TimesFrom
from core.groups.path_pattern import HELP
from core.groups.periods import short_words
from core.groups.preview import preview_paths
from core.groups.table import GroupRow, GroupTable, predicting_jobs
from core.jobs.queries import get_job
from models import Job, Label
from web.errors import status_of
from web.extension import database
from web.groups.chart import Chart, Interval, make_axis, make_chart
from web.groups.forms import GroupsForm, read_form
from web.groups.kept import kept_table

groups = Blueprint("groups", __name__, url_prefix="/jobs/<int:job_id>/groups")


@groups.get("")
def groups_page(job_id: int) -> ResponseReturnValue:
    """The groups of a job, by the grouping of the address."""
    with database().read() as rows:
        job = get_job(rows, job_id)
        form = read_form()
        try:
            grouping = form.grouping()
            table = kept_table(rows, _jobs(rows, job, form), grouping)
            comparison = _comparison(table, form)
        except InputError as error:
            return _page(job, form, failure=error), status_of(error)
        preview = preview_paths(rows, job, grouping)
    return _page(job, form, table=table, comparison=comparison, preview=preview, grouping=grouping)


@groups.get("/table.csv")
def download(job_id: int) -> ResponseReturnValue:
    """The table as a CSV file, with all labels."""
    form = read_form()
    with database().read() as rows:
        table = kept_table(rows, _jobs(rows, get_job(rows, job_id), form), form.grouping())
    name = f"job-{job_id}-by-{form.by.value}.csv"
    return Response(
        csv_lines(table),
        mimetype="text/csv",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _jobs(rows: Session, job: Job, form: GroupsForm) -> list[Job]:
    return predicting_jobs(rows, [job.id, *form.other_jobs(job.id)])


def _comparison(table: GroupTable, form: GroupsForm) -> Comparison | None:
    """The two groups of the address side by side; None without two. InputError group_not_found."""
    if not form.first or not form.second:
        return None
    first, second = (table.find(key) for key in (form.first, form.second))
    if first is None or second is None:
        raise InputError("group_not_found", "The address names a group that the table does not have.")
    return compare_rows(first, second, form.label)


def _page(
    job: Job,
    form: GroupsForm,
    *,
    table: GroupTable | None = None,
    failure: InputError | None = None,
    **context: object,
) -> str:
    shown = {} if table is None else _shown(table, form.label)
    return render_template(
        "groups/groups.html",
        job=job,
        form=form,
        table=table,
        failure=failure,
        kinds=list(By),
        labels=PEOPLE,
        times=list(TimesFrom),
        help=HELP,
        **shown,
        **context,
    )


def _shown(table: GroupTable, label: Label) -> dict[str, object]:
    """Chart, sentences and the parts of the rows."""
    chart = table.chart(label)
    intervals = [interval_of(row, label) for row in table.groups]
    noun = table.grouping.noun
    outside = {point.name: point for point in chart.points}
    return {
        "chart": _chart(table, label, intervals) if table.grouping.is_ordered and table.groups else None,
        "axis": make_axis(chart, [*intervals, interval_of(table.total, label)]),
        "points": outside,
        "intervals": {row.key: interval_of(row, label) for row in (*table.rows, table.total)},
        "sentences": chance_sentences(chart, noun) if table.groups else [],
        "centre": chart.centre,
    }


def _chart(table: GroupTable, label: Label, intervals: Sequence[Interval | None]) -> Chart:
    unit = table.grouping.by.unit
    names = [short_words(unit, row.key) if unit else row.name for row in table.groups]
    return make_chart(table.chart(label), intervals, names, table.grouping.noun)


def interval_of(row: GroupRow, label: Label) -> Interval | None:
    """The corrected share with its interval; None where there is none."""
    share = row.share(label)
    if share.corrected is None or share.low is None or share.high is None:
        return None
    return Interval(value=share.corrected, low=share.low, high=share.high)
