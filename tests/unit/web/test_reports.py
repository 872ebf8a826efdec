"""Report files: streamed, resumable, and only from the reports folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.database import Database, read_clock
from core.predict.report_stage import REPORT_STAGE, REQUESTED_REPORTS
from models import Batch, Job, JobState, Report, ReportFormat, ReportState
from tests.unit.web.conftest import Browser

_DATA = bytes(range(256)) * 1000


@pytest.fixture
def report(app: Flask, database: Database, job_id: int) -> Iterator[str]:
    folder: Path = app.extensions["maskloop"].settings.data / "reports" / str(job_id)
    folder.mkdir(parents=True)
    (folder / "faces.csv").write_bytes(_DATA)
    with database.write() as rows:
        now = read_clock(rows)
        rows.add(
            Report(
                job_id=job_id, format=ReportFormat.FACES_CSV, state=ReportState.READY, rows=3, created_at=now,
                path=f"{job_id}/faces.csv", bytes=len(_DATA), sha256="ab" * 32,
            )
        )  # fmt: skip
    yield f"/jobs/{job_id}/reports/faces.csv"


def test_a_whole_report(browser: Browser, report: str, job_id: int) -> None:
    with browser.get(report) as answer:
        assert answer.data == _DATA
        assert answer.headers["Accept-Ranges"] == "bytes"
        assert answer.headers["ETag"] == f'"{"ab" * 32}"'
        assert answer.headers["Content-Disposition"] == f"attachment; filename=job-{job_id}-faces.csv"
        assert answer.mimetype == "text/csv"


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=1000-", 1000, 255_999), ("bytes=10-19", 10, 19), ("bytes=-5", 255_995, 255_999)],
)
def test_a_download_goes_on(browser: Browser, report: str, asked: str, first: int, last: int) -> None:
    headers = {"Range": asked, "If-Range": f'"{"ab" * 32}"'}
    with browser.get(report, headers=headers) as answer:
        assert answer.status_code == 206
        assert answer.headers["Content-Range"] == f"bytes {first}-{last}/256000"
        assert answer.data == _DATA[first : last + 1]


def test_a_report_written_anew_starts_over(browser: Browser, report: str) -> None:
    with browser.get(report, headers={"Range": "bytes=1000-", "If-Range": '"another"'}) as answer:
        assert answer.status_code == 200
        assert answer.data == _DATA


def test_a_range_beyond_the_end(browser: Browser, report: str) -> None:
    with browser.get(report, headers={"Range": "bytes=999999-"}) as answer:
        assert answer.status_code == 416
        assert answer.headers["Content-Range"] == "bytes */256000"


@pytest.mark.parametrize(
    "values", [{"state": ReportState.WAITING}, {"path": "../secret_key"}, {"path": "x/y"}]
)
def test_what_is_no_report_is_not_sent(
    browser: Browser, report: str, database: Database, values: dict[str, object]
) -> None:
    with database.write() as rows:
        rows.execute(update(Report).values(**values))
    answer = browser.get(report)
    assert (answer.status_code, "report_not_found" in answer.text) == (404, True)


def test_other_names_are_not_there(browser: Browser, report: str) -> None:
    assert browser.get(report.replace("faces.csv", "secret_key")).status_code == 404
    assert browser.get(report.replace("/1/", "/7/")).status_code == 404


@pytest.mark.parametrize("fmt", REQUESTED_REPORTS)
def test_a_file_is_asked_for(browser: Browser, database: Database, job_id: int, fmt: ReportFormat) -> None:
    assert browser.post(f"/jobs/{job_id}/reports/{fmt.value}").status_code == 302
    with database.read() as rows:
        assert rows.scalars(select(Report.format)).all() == [fmt]
        assert rows.scalars(select(Batch.kind)).all() == [REPORT_STAGE.name]
        assert rows.get_one(Job, job_id).state is JobState.RUNNING
    page = browser.get(f"/jobs/{job_id}").text
    assert f"/reports/{fmt.value}" not in page and fmt.value in page


def test_what_is_written_by_itself_is_not_asked_for(browser: Browser, job_id: int) -> None:
    assert browser.post(f"/jobs/{job_id}/reports/faces.csv").status_code == 404


def test_the_page_offers_what_can_be_asked_for(browser: Browser, job_id: int, database: Database) -> None:
    with database.write() as rows:
        rows.get_one(Job, job_id).photos_done = 1
    page = browser.get(f"/jobs/{job_id}").text
    assert "Make a zip of annotated photos" in page and "Make a signed evidence pack" in page
