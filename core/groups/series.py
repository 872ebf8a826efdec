"""The series of a schedule: the shares of each of its runs in the order of time, with their p-chart."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from core.audit.queries import find_standing_sample, read_audit, stored_evidence
from core.errors import InputError
from core.estimates.evidence import Evidence, PopulationCell
from core.estimates.shares import PEOPLE, estimate_shares
from core.groups.p_chart import Counted, PChart, p_chart
from core.groups.table import GroupRow
from core.jobs.outcome import outcome_of
from core.predict.found_faces import found_by
from core.predict.job_kind import PREDICT
from models import (
    AuditSample,
    BoxEdit,
    Face,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Label,
    Prediction,
    RunState,
    Schedule,
    ScheduleRun,
    Source,
    box_is_current,
)

#: Runs on one page.
MOST_RUNS = 60


@dataclass(frozen=True, kw_only=True)
class SeriesRun:
    """One planned run with what came of it."""

    run: ScheduleRun
    #: None where none was started, or it was removed.
    job: Job | None
    #: Without photos where there is no job.
    row: GroupRow

    @property
    def counts(self) -> bool:
        """Whether its shares are those of all its photos, and stand in the chart."""
        return self.job is not None and self.job.state is JobState.DONE and self.job.deleted_at is None

    @property
    def words(self) -> str:
        """What came of it: "Done", "Skipped. The job of the previous run was not finished."."""
        if self.job is not None:
            deleted = ", deleted" if self.job.deleted_at is not None else ""
            return f"{outcome_of(self.job).words}{deleted}"
        state = "Started, its job is gone" if self.run.state is RunState.STARTED else self.run.state.value
        return f"{state.capitalize()}. {self.run.note}".strip()


@dataclass(frozen=True, kw_only=True)
class Series:
    """Runs of a schedule, the oldest first."""

    schedule: Schedule
    runs: tuple[SeriesRun, ...]
    #: Whether only photos are counted that no job had found before.
    only_new: bool = False
    #: Id of the oldest run here where there are older ones.
    older_than: int | None = None

    def chart(self, label: Label) -> PChart:
        """The p-chart of the raw shares; runs that did not end stay a gap."""
        return p_chart(
            [
                Counted(name=each.row.name, having=each.row.having(label), faces=each.row.faces)
                if each.counts
                else Counted(name=each.row.name, having=0, faces=0)
                for each in self.runs
            ],
            ordered=True,
        )

    @property
    def is_audited(self) -> bool:
        """Whether faces of any run are audited."""
        return any(each.row.share(Label.WITH_MASK).audited for each in self.runs)


def read_series(
    session: Session, schedule: Schedule, *, only_new: bool = False, before: int | None = None
) -> Series:
    """The latest runs before the run `before`, at most MOST_RUNS.

    `only_new` counts only photos that a run found first at their place: a folder that grows is read whole
    each time. An audit stands for all photos of a job, so there are no corrected shares then.
    Raises InputError schedule_without_shares for other jobs than predictions.
    """
    if schedule.kind != PREDICT.name:
        raise InputError(
            "schedule_without_shares", "Only schedules of predictions have a trend: others have no shares."
        )
    query = (
        select(ScheduleRun, Job)
        .outerjoin(Job, Job.id == ScheduleRun.job_id)
        .where(ScheduleRun.schedule_id == schedule.id)
        .order_by(ScheduleRun.id.desc())
        .limit(MOST_RUNS + 1)
    )
    if before is not None:
        query = query.where(ScheduleRun.id < before)
    found = [(run, job) for run, job in session.execute(query)]
    shown = found[:MOST_RUNS][::-1]
    jobs = [job for _, job in shown if job is not None and job.deleted_at is None]
    counts = _count_jobs(session, jobs, only_new=only_new)
    return Series(
        schedule=schedule,
        runs=tuple(
            SeriesRun(run=run, job=job, row=_row(session, schedule, run, job, counts, only_new=only_new))
            for run, job in shown
        ),
        only_new=only_new,
        older_than=shown[0][0].id if len(found) > MOST_RUNS else None,
    )


@dataclass(kw_only=True)
class _JobCount:
    photos: int = 0
    predicted: Counter[Label] | None = None


def _count_jobs(session: Session, jobs: Collection[Job], *, only_new: bool) -> dict[int, _JobCount]:
    """Photos that were read, and faces by predicted label, by job id."""
    ids = [job.id for job in jobs]
    counts: defaultdict[int, _JobCount] = defaultdict(_JobCount)
    read = (
        JobPhoto.job_id.in_(ids),
        JobPhoto.state == JobPhotoState.DONE,
        *([_is_new()] if only_new else []),
    )
    photos = select(JobPhoto.job_id, func.count()).where(*read).group_by(JobPhoto.job_id)
    for job_id, number in session.execute(photos):
        counts[job_id].photos = number
    faces = (
        select(JobPhoto.job_id, Prediction.label, func.count())
        .join(Job, Job.id == JobPhoto.job_id)
        .join(Face, (Face.photo_id == JobPhoto.photo_id) & _found_by_job(jobs))
        .join(
            Prediction,
            (Prediction.face_id == Face.id) & (Prediction.classifier_version_id == Job.classifier_version_id),
        )
        .where(*read, or_(box_is_current(), _gone_after_draw()))
        .group_by(JobPhoto.job_id, Prediction.label)
    )
    for job_id, label, number in session.execute(faces):
        counts[job_id].predicted = (counts[job_id].predicted or Counter()) + Counter({label: number})
    return counts


def _found_by_job(jobs: Collection[Job]) -> ColumnElement[bool]:
    """Condition: one of the detectors of the job found the face; as a rule it has one."""
    of_several = [
        and_(Job.id == job.id, found_by(job.detector_keys)) for job in jobs if job.earlier_detectors
    ]
    return or_(Face.detector_key == Job.detector_key, *of_several)


def _gone_after_draw() -> ColumnElement[bool]:
    """Condition: the box was removed or replaced after the job's sample was drawn, which counts it."""
    drawn_at = (
        select(func.max(AuditSample.drawn_at)).where(AuditSample.job_id == JobPhoto.job_id).scalar_subquery()
    )
    return exists().where(
        or_(BoxEdit.face_id == Face.id, BoxEdit.replaced_id == Face.id),
        BoxEdit.undone_at.is_(None),
        BoxEdit.created_at > drawn_at,
    )


def _is_new() -> ColumnElement[bool]:
    """Condition: the job was the first to find the photo at its place."""
    return exists().where(Source.photo_id == JobPhoto.photo_id, Source.job_id == JobPhoto.job_id)


def _row(
    session: Session,
    schedule: Schedule,
    run: ScheduleRun,
    job: Job | None,
    counts: dict[int, _JobCount],
    *,
    only_new: bool,
) -> GroupRow:
    is_there = job is not None and job.deleted_at is None
    count = counts.get(job.id if job else 0, _JobCount())
    with_mask, without_mask, incorrect = ((count.predicted or Counter())[label] for label in PEOPLE)
    evidence = _evidence(session, job, count) if job is not None and is_there and not only_new else Evidence()
    return GroupRow(
        key=str(run.id),
        name=local_words(run.planned_at, schedule.time_zone),
        photos=count.photos,
        failed=job.photos_failed if job is not None and is_there else 0,
        predicted=(with_mask, without_mask, incorrect),
        estimate=estimate_shares(evidence),
    )


def _evidence(session: Session, job: Job, count: _JobCount) -> Evidence:
    """What the audit of the job says, from the counts of its draw; without one, predictions alone."""
    sample = find_standing_sample(session, job)
    if sample is None:
        predicted = (count.predicted or Counter()).items()
        return Evidence(
            population=tuple(
                PopulationCell(stratum="", predicted=label, faces=faces) for label, faces in predicted
            )
        )
    return stored_evidence(session, sample, read_audit(session, sample))


def local_words(moment: datetime, time_zone: str) -> str:
    """Sun 1 March 2026, 06:00 in the zone of the schedule, in UTC if that zone is gone."""
    local = _local(moment, time_zone)
    return f"{local:%a} {local.day} {local:%B} {local.year}, {local:%H:%M}"


def short_names(series: Series) -> Sequence[str]:
    """Names of the runs for an axis: 1 Mar, or 1 Mar 06:00 where days have several runs."""
    times = [_local(each.run.planned_at, series.schedule.time_zone) for each in series.runs]
    clock = len({time.date() for time in times}) < len(times)
    return [f"{time.day} {time:%b}" + (f" {time:%H:%M}" if clock else "") for time in times]


def _local(moment: datetime, time_zone: str) -> datetime:
    try:
        return moment.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment
