"""Shares with intervals: audits of jobs, estimates and targets, groups of photos, trends of schedules."""

from collections.abc import Callable, Sequence

from flask import Response, url_for
from sqlalchemy.orm import Session

from core.audit.job_kind import request_audit, request_count
from core.audit.options import DrawOptions
from core.audit.overview import read_overview, read_plan
from core.audit.queries import find_sample
from core.audit.store import drop_target, save_target
from core.errors import InputError
from core.estimates.shares import PEOPLE
from core.groups.csv_file import csv_lines
from core.groups.series import read_series
from core.groups.table import GroupTable as TableRow
from core.groups.table import predicting_jobs
from core.jobs.queries import get_job
from core.schedules.store import get_schedule
from models import AuditSample, Job, Label, Scope
from web.api_v1.access import caller
from web.api_v1.document import Answered, api_v1, operation
from web.api_v1.paging import cursor_of, read_cursor
from web.api_v1.schemas.groups import (
    Chart,
    ComparedGroupsQuery,
    GroupsQuery,
    GroupTable,
    Trend,
    TrendQuery,
    TrendRun,
)
from web.api_v1.schemas.shares import AuditBody, Estimates, Plan, PlanAnswer, PlanQuery, Sample, TargetRequest
from web.api_v1.starting import start_once
from web.extension import database
from web.groups.kept import kept_table


@api_v1.post("/jobs/<int:job_id>/audit")
@operation(Scope.SUBMIT, answer=Sample, status=202, tag="shares", errors=(409, 410), repeatable=True)
def audit_job(job_id: int, json: AuditBody) -> Answered:
    """Draw faces and photos at random; people decide them in the sample's queue, without the prediction."""
    wanted, account_id = json.wanted, caller().account.id
    return _drawn(lambda rows: request_audit(rows, job_id, wanted, account_id=account_id))


@api_v1.post("/jobs/<int:job_id>/audit/count")
@operation(Scope.SUBMIT, answer=Sample, status=202, tag="shares", errors=(409, 410), repeatable=True)
def count_audited_job(job_id: int) -> Answered:
    """Count the faces that the sample stands for again, after photos were removed."""
    account_id = caller().account.id

    def count(rows: Session) -> AuditSample:
        sample = find_sample(rows, get_job(rows, job_id))
        if sample is None:
            raise InputError("audit_not_found", "This job has no audit sample.")
        request_count(rows, sample, account_id=account_id)
        return sample

    return _drawn(count)


@api_v1.get("/jobs/<int:job_id>/audit/plan")
@operation(Scope.READ, answer=PlanAnswer, tag="shares", errors=(410,))
def plan_audit(job_id: int, query: PlanQuery) -> PlanAnswer:
    """What a number of further faces is expected to give."""
    with database().read() as rows:
        plan = read_plan(rows, get_job(rows, job_id), query.faces, account_id=caller().account.id)
    return PlanAnswer(plan=None if plan is None else Plan.of(plan))


@api_v1.get("/jobs/<int:job_id>/estimates")
@operation(Scope.READ, answer=Estimates, tag="shares", errors=(410,))
def read_estimates(job_id: int) -> Estimates:
    """The shares of a job, corrected by its audit, with their intervals."""
    with database().read() as rows:
        return _estimates(rows, get_job(rows, job_id))


@api_v1.put("/jobs/<int:job_id>/target")
@operation(Scope.SUBMIT, answer=Estimates, tag="shares", errors=(410,))
def set_target(job_id: int, json: TargetRequest) -> Estimates:
    """Set the share that is wanted at least."""
    with database().write() as rows:
        job = get_job(rows, job_id)
        save_target(rows, job_id, json.label, json.at_least)
        rows.flush()
        return _estimates(rows, job)


@api_v1.delete("/jobs/<int:job_id>/target")
@operation(Scope.SUBMIT, status=204, tag="shares", errors=(410,))
def remove_target(job_id: int) -> Answered:
    """Remove the target."""
    with database().write() as rows:
        drop_target(rows, get_job(rows, job_id).id)
    return "", 204


@api_v1.get("/jobs/<int:job_id>/groups")
@operation(Scope.READ, answer=GroupTable, tag="shares", errors=(410,))
def group_job(job_id: int, query: ComparedGroupsQuery) -> GroupTable:
    """Shares by day, folder, camera and others, with the chart of one label, and two groups compared."""
    label = _of_people(query.label)
    jobs, table = _grouped(job_id, query)
    return GroupTable.of(jobs, table, label, query.compare)


@api_v1.get("/jobs/<int:job_id>/groups.csv")
@operation(Scope.READ, tag="shares", errors=(410,), media="text/csv")
def write_groups(job_id: int, query: GroupsQuery) -> Answered:
    """The same table as CSV, with all labels; the last line is all photos together."""
    _jobs, table = _grouped(job_id, query)
    name = f"job-{job_id}-by-{query.by.value}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(csv_lines(table), mimetype="text/csv", headers=headers)


def _grouped(job_id: int, query: GroupsQuery) -> tuple[Sequence[Job], TableRow]:
    with database().read() as rows:
        others = [other for other in query.job if other != job_id]
        jobs = predicting_jobs(rows, dict.fromkeys((get_job(rows, job_id).id, *others)))
        return jobs, kept_table(rows, jobs, query.grouping)


@api_v1.get("/schedules/<int:schedule_id>/trend")
@operation(Scope.READ, answer=Trend, tag="shares")
def read_trend(schedule_id: int, query: TrendQuery) -> Trend:
    """The shares of the runs of a schedule of predictions, the oldest first; at most 60 runs."""
    label, before = _of_people(query.label), read_cursor(query.after)
    with database().read() as rows:
        series = read_series(rows, get_schedule(rows, schedule_id), only_new=query.only_new, before=before)
        return Trend(
            runs=[TrendRun.of(run) for run in series.runs],
            chart=Chart.of(series.chart(label)),
            next=None if series.older_than is None else cursor_of(series.older_than),
        )


def _drawn(request: Callable[[Session], AuditSample]) -> Answered:
    """Start the job that draws the sample, and answer the sample with the address of its job."""

    def start(rows: Session) -> Job:
        return rows.get_one(Job, request(rows).draw_job_id)

    answer = start_once(start, _sample)
    return answer, 202, {"Location": url_for("api_v1.read_job", job_id=answer.draw_job_id)}


def _sample(rows: Session, job: Job) -> Sample:
    return Sample.of(rows.get_one(AuditSample, DrawOptions.from_json(job.options).sample_id))


def _estimates(rows: Session, job: Job) -> Estimates:
    return Estimates.of(read_overview(rows, job, account_id=caller().account.id))


def _of_people(label: Label) -> Label:
    if label not in PEOPLE:
        raise InputError("option_invalid", f"label cannot be {label.value!r}: shares are of people.")
    return label
