"""Report files: streamed, resumable, and only from the reports folder."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from core.database import Database, read_clock
from core.labels.decisions import Origin
from core.predict.report_stage import REPORT_STAGE, REQUESTED_REPORTS, STANDARD_REPORTS
from core.results.reports.request import request_reports
from core.review.answers.outside_decisions import decide_face
from models import Batch, Face, Job, JobState, Label, Report, ReportFormat, ReportState
from tests.unit.web.conftest import Browser
from workers.drain import drain_job

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
        formats = set(rows.scalars(select(Report.format)))
        # A pack holds the other files, of which this job has none.
        assert formats == {fmt, *(STANDARD_REPORTS if fmt is ReportFormat.EVIDENCE else ())}
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


def test_the_page_says_how_many_faces_were_decided_and_writes_again(
    browser: Browser, app: Flask, database: Database, job_id: int
) -> None:
    settings = app.extensions["maskloop"].settings
    with database.write() as rows:
        request_reports(rows, job_id, (ReportFormat.FACES_CSV,))
    drain_job(settings, job_id, threading.Event())
    assert "since this report" not in browser.get(f"/jobs/{job_id}").text
    with database.write() as rows:
        faces = rows.scalars(select(Face.id).order_by(Face.id).limit(2)).all()
        for face_id in faces:
            decide_face(rows, face_id, Label.NOT_A_FACE, Origin(account_id=None, queue="results"))
    page = browser.get(f"/jobs/{job_id}").text
    assert "2 faces were decided since this report." in page and "Write it again" in page
    assert browser.post(f"/jobs/{job_id}/reports", data={"names": "yes"}).status_code == 302
    drain_job(settings, job_id, threading.Event())
    page = browser.get(f"/jobs/{job_id}").text
    assert "since this report" not in page
    assert "number 2" in page and "with names" in page and "Earlier reports" in page
    assert f"/jobs/{job_id}/reports/1/faces.csv" in page
    files = []
    for name in ("1/faces.csv", "2/faces.csv", "faces.csv"):
        with browser.get(f"/jobs/{job_id}/reports/{name}") as answer:
            files.append(answer.data)
    assert answer.headers["Content-Disposition"].endswith(f"filename=job-{job_id}-2-faces.csv")
    assert b",not_a_face," not in files[0].split(b"\r\n", 1)[1]
    assert files[0] != files[1] == files[2]
    assert browser.get(f"/jobs/{job_id}/reports/3/faces.csv").status_code == 404


def test_a_report_of_an_earlier_version_lacks_every_decision(
    browser: Browser, report: str, database: Database, job_id: int
) -> None:
    """It was written before reports had decisions, whenever these were made."""
    with database.write() as rows:
        face_id = rows.scalars(select(Face.id).limit(1)).one()
        decide_face(rows, face_id, Label.NOT_A_FACE, Origin(account_id=None, queue="results"))
        rows.execute(update(Report).values(finished_at=read_clock(rows)))
    assert "1 face was decided since this report." in browser.get(f"/jobs/{job_id}").text
