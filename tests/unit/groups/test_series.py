"""The series of a schedule: raw shares of every job, corrected ones from the audits that were drawn."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from core.boxes.change import BoxChange
from core.boxes.store import apply_change
from core.database import Database
from core.estimates.shares import estimate_shares
from core.groups.grouping import By, Grouping
from core.groups.series import Series, local_words, read_series, short_names
from core.groups.table import group_table
from core.predict.job_kind import PREDICT
from core.settings import Settings
from models import BoxEditKind, Face, Job, Label, Overlap, RunState, Schedule, ScheduleRun, Source
from tests.audit_rows import BARE, SURE, AuditedJob
from tests.group_rows import add_job, files

FIRST = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
MASK = Label.WITH_MASK


@pytest.fixture
def audited(db: Database, settings: Settings) -> AuditedJob:
    """A schedule of two runs: the first job is audited, the second is not."""
    job = AuditedJob(db, settings, [SURE, SURE, BARE] * 30)
    with db.write() as rows:
        schedule = Schedule(
            title="Gate", kind=PREDICT.name, options={}, cron="30 * * * *", time_zone="Europe/Berlin",
            overlap=Overlap.SKIP, next_at=FIRST, created_at=FIRST,
        )  # fmt: skip
        rows.add(schedule)
        rows.flush()
        version = rows.get_one(Job, job.id).classifier_version_id or 0
        other = add_job(rows, files("{}.jpg", 1, 3), version_id=version)
        for hour, job_id in enumerate((job.id, other.id)):
            rows.add(
                ScheduleRun(
                    schedule_id=schedule.id, planned_at=FIRST + timedelta(hours=hour), note="",
                    state=RunState.STARTED, job_id=job_id, created_at=FIRST,
                )
            )  # fmt: skip
    return job


def series_of(job: AuditedJob, *, only_new: bool = False) -> Series:
    with job.db.read() as rows:
        return read_series(rows, rows.get_one(Schedule, 1), only_new=only_new)


def test_raw_shares_are_of_the_jobs_own_detector_and_version(audited: AuditedJob) -> None:
    first, second = (run.row for run in series_of(audited).runs)
    assert (first.photos, first.predicted, second.photos, second.predicted) == (90, (60, 30, 0), 4, (1, 3, 0))
    assert [row.share(MASK).problem for row in (first, second)] == [
        "no audited faces: 30 needed", "no audited faces: 4 needed",
    ]  # fmt: skip


def test_corrected_shares_are_those_of_the_audit(audited: AuditedJob) -> None:
    sample = audited.draw(60)
    audited.review(sample, lambda face: Label.WITHOUT_MASK if face % 10 == 0 else Label.WITH_MASK)
    first, second = (run.row.share(MASK) for run in series_of(audited).runs)
    expected = estimate_shares(audited.evidence(sample)).of(MASK)
    assert (first.corrected, first.low, first.high) == (expected.corrected, expected.low, expected.high)
    assert first.audited == 60 and second.corrected is None
    only_new = series_of(audited, only_new=True).runs[0].row
    assert only_new.share(MASK).corrected is None, "an audit stands for all photos"


@pytest.mark.parametrize("drawn", [False, True], ids=["removed before a draw", "removed after the draw"])
def test_removed_faces_count_as_in_the_groups_of_the_job(audited: AuditedJob, drawn: bool) -> None:
    if drawn:
        audited.draw(60)
    with audited.db.write() as rows:
        photo_id = rows.get_one(Face, audited.faces[0]).photo_id
        change = BoxChange(key=str(uuid4()), face=str(audited.faces[0]), kind=BoxEditKind.REMOVE)
        apply_change(rows, photo_id, change, account_id=audited.owner)
    with audited.db.read() as rows:
        table = group_table(rows, [rows.get_one(Job, audited.id)], Grouping(by=By.FOLDER))
    assert series_of(audited).runs[0].row.predicted == table.total.predicted
    assert table.total.faces == (90 if drawn else 89)


def test_new_photos_are_those_whose_source_the_job_found(audited: AuditedJob) -> None:
    with audited.db.write() as rows:
        rows.execute(update(Source).values(job_id=None))
    assert [run.row.photos for run in series_of(audited, only_new=True).runs] == [0, 0]
    with audited.db.write() as rows:
        second = series_of(audited).runs[1].job
        assert second is not None
        rows.execute(update(Source).values(job_id=second.id))
    assert [run.row.photos for run in series_of(audited, only_new=True).runs] == [0, 4]


def test_runs_have_the_time_of_the_schedules_zone(audited: AuditedJob) -> None:
    series = series_of(audited)
    assert [run.row.name for run in series.runs] == [
        "Sun 29 March 2026, 01:30", "Sun 29 March 2026, 03:30",
    ], "summer time began between them"  # fmt: skip
    assert list(short_names(series)) == ["29 Mar 01:30", "29 Mar 03:30"]
    assert local_words(FIRST, "Atlantis") == "Sun 29 March 2026, 00:30"
