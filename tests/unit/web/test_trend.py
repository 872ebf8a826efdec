"""The trend of a schedule: every run is listed, done ones stand in the chart."""

import html
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from core.database import Database
from core.groups import series as series_module
from core.predict.job_kind import PREDICT
from models import Job, JobState, Label, Overlap, RunState, Schedule, ScheduleRun, Source
from tests.group_rows import add_job, files
from tests.unit.web.conftest import Browser
from tests.unit.web.test_groups import text_of

FIRST = datetime(2026, 3, 1, 5, 0, tzinfo=UTC)


@pytest.fixture
def nightly(database: Database) -> int:
    """Eight done runs, one of them with hardly a mask; one skipped, refused, failed, and running."""
    with database.write() as rows:
        schedule = Schedule(
            title="Gate", kind=PREDICT.name, options={"folder": "/set"}, cron="0 6 * * *",
            time_zone="Europe/Berlin", overlap=Overlap.SKIP, next_at=FIRST, created_at=FIRST,
        )  # fmt: skip
        rows.add(schedule)
        rows.flush()
        for day in range(12):
            run = ScheduleRun(
                schedule_id=schedule.id, planned_at=FIRST + timedelta(days=day), state=RunState.STARTED,
                created_at=FIRST, note="",
            )  # fmt: skip
            rows.add(run)
            if day == 3:
                run.state, run.note = RunState.SKIPPED, "The job of the previous run was not finished."
            elif day == 8:
                run.state, run.note = RunState.REFUSED, "There is no folder /set. (folder_not_found)"
            else:
                masked = 2 if day == 9 else 15 + day % 2
                job = add_job(rows, files(f"{day}/{{}}.jpg", masked, 20 - masked), version_id=1)
                run.job_id = job.id
                job.state = {5: JobState.FAILED, 11: JobState.RUNNING}.get(day, JobState.DONE)
        return schedule.id


def test_every_run_is_listed_and_the_odd_one_named(browser: Browser, nightly: int) -> None:
    page = browser.get(f"/schedules/{nightly}/trend").text
    words = text_of(page)
    assert "Tue 10 March 2026, 06:00: 10.0% is below the limits" in words, "in the schedule's time zone"
    assert "Wed 4 March 2026, 06:00 Skipped. The job of the previous run was not finished. 0 0 – – –" in words
    assert "Mon 9 March 2026, 06:00 Refused. There is no folder /set. (folder_not_found) 0 0 – – –" in words
    assert "Raw shares of 8 runs" in page, "runs that failed or run stay out of the chart"
    assert words.count("06:00") >= 12
    assert "No faces are audited" in words


def test_a_run_whose_job_was_deleted_stays_listed(browser: Browser, database: Database, nightly: int) -> None:
    with database.write() as rows:
        rows.get_one(Job, 1).deleted_at = FIRST
    words = text_of(browser.get(f"/schedules/{nightly}/trend").text)
    assert "Sun 1 March 2026, 06:00 Done, deleted 0 0 – – –" in words


def test_only_new_photos_are_those_that_no_job_had_found(
    browser: Browser, database: Database, nightly: int
) -> None:
    with database.write() as rows:
        for source in rows.scalars(select(Source).where(Source.photo_id <= 5)):
            source.job_id = 1
    words = text_of(browser.get(f"/schedules/{nightly}/trend?photos=new").text)
    assert "1 Done 5 5 100% – –" in words and "2 Done 0 0 – – –" in words
    assert "no corrected shares here" in words


def test_runs_beyond_a_page_are_reached(
    browser: Browser, nightly: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(series_module, "MOST_RUNS", 5)
    page = browser.get(f"/schedules/{nightly}/trend").text
    assert "Sun 8 March 2026" in page and "Sat 7 March 2026" not in page
    older = html.unescape(page.partition('">Older runs')[0].rpartition('href="')[2])
    assert "Sat 7 March 2026" in browser.get(older).text


def test_the_file_has_every_run(browser: Browser, nightly: int) -> None:
    lines = browser.get(f"/schedules/{nightly}/trend/table.csv").text.splitlines()
    assert lines[0].startswith("planned_at,run,job,outcome,photos,photos_failed,faces,")
    assert len(lines) == 13
    assert lines[1].startswith("2026-03-01T05:00:00+00:00,started,1,Done,20,0,20,0,15,0.75,,")
    assert lines[4].startswith("2026-03-04T05:00:00+00:00,skipped,,Skipped. The job")


def test_schedules_without_shares_and_without_runs(
    browser: Browser, database: Database, nightly: int
) -> None:
    with database.write() as rows:
        rows.get_one(Schedule, nightly).kind = "crawl"
    refused = browser.get(f"/schedules/{nightly}/trend")
    assert refused.status_code == 400 and "schedule_without_shares" in refused.text
    assert browser.get("/schedules/99/trend").status_code == 404
    with database.write() as rows:
        rows.get_one(Schedule, nightly).kind = PREDICT.name
        for run in rows.scalars(select(ScheduleRun)):
            rows.delete(run)
    assert "No runs yet" in browser.get(f"/schedules/{nightly}/trend").text


def test_schedule_and_job_link_to_the_trend(browser: Browser, database: Database, nightly: int) -> None:
    link = f'href="/schedules/{nightly}/trend"'
    assert link in browser.get(f"/schedules/{nightly}").text
    with database.write() as rows:
        rows.get_one(Job, 1).faces_with_mask = 15
    assert link in browser.get("/jobs/1").text


def test_labels_can_be_chosen(browser: Browser, nightly: int) -> None:
    words = text_of(browser.get(f"/schedules/{nightly}/trend?label={Label.WITHOUT_MASK.value}").text)
    assert "Tue 10 March 2026, 06:00: 90.0% is above the limits" in words
