"""The page of retention: a dry run, then a job, or a schedule of it."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, update

from core.database import Database, read_clock
from models import Job, JobPhoto
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_finished_job


@pytest.fixture
def job_id(database: Database, photos: Path) -> int:
    """A job over a folder that ended 40 days ago."""
    job_id = add_finished_job(database, photos)
    with database.write() as rows:
        rows.execute(update(Job).values(finished_at=read_clock(rows) - timedelta(days=40)))
    return job_id


def test_the_dry_run_counts_and_changes_nothing(browser: Browser, database: Database, job_id: int) -> None:
    page = browser.get(f"/library/retention?by=job&value={job_id}&days=30").text
    assert "Pictures that would be deleted now" in page
    assert "Of them in your folders" in page
    assert "Nothing is due today" in browser.get(f"/library/retention?by=job&value={job_id}&days=41").text
    with database.read() as rows:
        assert rows.scalars(select(Job.kind)).all() == ["predict"]


def test_it_is_requested_once_or_by_a_schedule(browser: Browser, database: Database, job_id: int) -> None:
    sent = {"by": "job", "value": str(job_id), "days": "30"}
    once = browser.post("/library/retention", data=sent)
    assert once.location.startswith("/jobs/")
    assert "Days kept" in browser.get(once.location).text
    daily = browser.post("/library/retention", data=sent | {"schedule": "1"})
    form = browser.get(daily.location)
    assert form.status_code == 200
    assert f"Retention: job {job_id}, after 30 days" in form.text
    added = browser.post(
        daily.location,
        data={"title": "Keep 30 days", "cron": "@daily", "time_zone": "UTC", "overlap": "skip"},
    )
    assert "/schedules/" in added.location


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("by=job&value=x", "retention_invalid"),
        ("by=colour&value=1", "option_invalid"),
        ("by=job&value=1&days=0", "option_invalid"),
        ("by=job&value=1&days=many", "option_invalid"),
    ],
)
def test_what_is_not_understood_is_refused(browser: Browser, query: str, code: str) -> None:
    answer = browser.get(f"/library/retention?{query}")
    assert answer.status_code == 400
    assert code in answer.text


def test_results_keep_their_rows(browser: Browser, database: Database, job_id: int) -> None:
    """The grid of a job whose pictures are gone still lists photos, faces and labels."""
    before = browser.get(f"/jobs/{job_id}/results").text
    with database.write() as rows:
        from models import Photo

        rows.execute(update(Photo).values(erased_at=read_clock(rows)))
        shown = rows.scalars(select(JobPhoto.name)).all()
    after = browser.get(f"/jobs/{job_id}/results").text
    assert all(name in after for name in shown)
    assert after == before
