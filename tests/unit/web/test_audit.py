"""The panel "Shares" of a job's page, what its buttons do, and the command `audit`."""

import re

import pytest
from flask import Flask

from core.audit.overview import read_overview
from core.database import Database
from core.jobs.queries import get_job
from core.settings import Settings
from models import AuditSample, Job, JobState, Label, QueueState, ReviewDay, ReviewQueue, ShareTarget
from tests.audit_rows import BARE, SURE, AuditedJob
from tests.review_rows import TODAY
from tests.unit.web.conftest import Browser
from web.audit.words import minutes, target_words


@pytest.fixture
def settings(app: Flask) -> Settings:
    return app.extensions["maskloop"].settings


@pytest.fixture
def job(database: Database, settings: Settings) -> AuditedJob:
    return AuditedJob(database, settings, [SURE] * 60 + [BARE] * 20)


def panel(browser: Browser, job_id: int) -> str:
    """The words of the panel, without tags."""
    page = browser.get(f"/jobs/{job_id}").text
    found = re.search(r'<section class="panel" id="shares".*?</section>', page, re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


def test_one_click_makes_the_queue_and_the_shares_follow_the_decisions(
    browser: Browser, database: Database, job: AuditedJob
) -> None:
    shown = panel(browser, job.id)
    assert re.search(r"50 faces give plus or minus \d+(\.\d)? points", shown), "no pace is known yet"
    assert "80 faces give" in shown, "there are no 100"
    answer = browser.post(f"/jobs/{job.id}/audit", data={"faces": "50"})
    assert (answer.status_code, answer.location) == (302, "/review/queues/1")
    assert "Drawing faces at random" in panel(browser, job.id)
    job.work()
    with database.read() as rows:
        assert rows.get_one(ReviewQueue, 1).state is QueueState.OPEN
    assert "Review by page" not in browser.get("/review/queues/1").text, "its labels would be seen"
    shown = panel(browser, job.id)
    assert "0 audited faces of 80 found faces" in shown
    assert "No interval yet, no audited faces: 30 needed." in shown
    assert "75.0% – –" in shown, "no correction stands without an interval"
    wrong = set(job.faces[:60:5])
    job.review(
        1,
        lambda face: Label.WITHOUT_MASK if face in wrong or face in job.faces[60:] else Label.WITH_MASK,
        most=40,
    )
    with database.read() as rows:
        seen = read_overview(rows, get_job(rows, job.id), account_id=job.owner)
    share = seen.estimate.of(Label.WITH_MASK)
    shown = panel(browser, job.id)
    assert f"75.0% {100 * share.corrected:.1f}% {100 * share.low:.1f}% to {100 * share.high:.1f}%" in shown
    assert share.corrected < share.raw == 0.75
    assert "10 faces are left of 50 drawn faces" in shown
    assert "Go on reviewing" in shown


def test_more_faces_photos_and_a_new_sample(browser: Browser, database: Database, job: AuditedJob) -> None:
    browser.post(f"/jobs/{job.id}/audit", data={"faces": "50", "other": "7", "photos": "3"})
    job.work()
    assert len(job.drawn(1)) == 7, "the other number counts"
    assert "0 of 3 photos boxed Box the next photo" in panel(browser, job.id)
    assert re.search(r"/boxes/photos/\d+\?blind=1", browser.get(f"/jobs/{job.id}").text), "no predictions"
    browser.post(f"/jobs/{job.id}/audit", data={"faces": "5"})
    job.work()
    assert len(job.drawn(1)) == 12
    answer = browser.post(f"/jobs/{job.id}/audit", data={"other": "", "photos": "2", "again": "on"})
    assert answer.location == f"/jobs/{job.id}#shares", "photos have no queue"
    job.work()
    with database.read() as rows:
        assert rows.get_one(AuditSample, 2).photos == 2
    answer = browser.post(f"/jobs/{job.id}/audit", data={"other": "many"})
    assert (answer.status_code, "option_invalid" in answer.text) == (400, True)
    assert browser.post(f"/jobs/{job.id}/audit/count").status_code == 302


def test_a_target_is_set_judged_and_removed(browser: Browser, database: Database, job: AuditedJob) -> None:
    address = f"/jobs/{job.id}/audit/target"
    assert browser.post(address, data={"label": "with_mask", "at_least": "99,5 %"}).status_code == 302
    assert "At least 99.5% with mask: audit faces to decide it." in panel(browser, job.id)
    job.draw(80)
    job.review(1, lambda face: Label.WITHOUT_MASK if face in job.faces[60:] else Label.WITH_MASK)
    assert "Missed At least 99.5% with mask." in panel(browser, job.id)
    browser.post(address, data={"label": "with_mask", "at_least": "75"})
    assert "Met At least 75% with mask." in panel(browser, job.id)
    for bad in (
        {"label": "with_mask", "at_least": "often"},
        {"label": "hat", "at_least": "5"},
        {"label": "with_mask", "at_least": "0"},
    ):
        answer = browser.post(address, data=bad)
        assert (answer.status_code, "target_invalid" in answer.text) == (400, True)
    browser.post(address, data={"remove": "1"})
    with database.read() as rows:
        assert rows.get(ShareTarget, job.id) is None


def test_a_number_is_promised_while_it_is_typed(
    browser: Browser, database: Database, job: AuditedJob
) -> None:
    address = f"/jobs/{job.id}/audit/plan"
    words = browser.get(f"{address}?faces=20").json["words"]
    assert words == "20 faces give no interval yet, which needs 10 besides"
    words = browser.get(f"{address}?faces=30").json["words"]
    assert words.startswith("30 faces give plus or minus ")
    with database.write() as rows:
        pace = {"decided": 18, "undone": 2, "skipped": 0, "milliseconds": 140_000}
        rows.add(ReviewDay(account_id=job.owner, day=TODAY, **pace))
    words = browser.get(f"{address}?faces=60").json["words"]
    assert words.startswith("60 faces, about 7 minutes, give plus or minus ")
    assert browser.get(f"{address}?faces=0").json["words"] == "Give a number from 1 to 10,000."
    job.draw(80)
    assert browser.get(f"{address}?faces=20").json["words"] == "No undecided face is left."


def test_a_draw_that_failed_is_said(browser: Browser, database: Database, job: AuditedJob) -> None:
    sample_id = job.ask(5)
    with database.write() as rows:
        draw = rows.get_one(Job, rows.get_one(AuditSample, sample_id).draw_job_id)
        draw.state, draw.error_message = JobState.FAILED, "The disk is full."
    shown = panel(browser, job.id)
    assert "The faces could not be drawn. The disk is full." in shown
    assert "Audit this job" in shown
    job.draw(7)
    assert len(job.drawn(sample_id)) == 7


def test_a_running_job_and_one_with_newer_photos(
    browser: Browser, database: Database, job: AuditedJob
) -> None:
    job.draw(10)
    with database.write() as rows:
        rows.get_one(Job, job.id).photos_done += 1
    shown = panel(browser, job.id)
    assert "Draw a new one." in shown
    assert "Corrected share" not in shown
    with database.write() as rows:
        rows.get_one(Job, job.id).photos_done -= 2
        rows.get_one(Job, job.id).photos_removed += 1
    assert "Photos were removed since the faces were counted." in panel(browser, job.id)
    with database.write() as rows:
        rows.get_one(Job, job.id).state = JobState.RUNNING
    assert 'id="shares"' not in browser.get(f"/jobs/{job.id}").text


def test_words() -> None:
    assert [minutes(seconds) for seconds in (3, 89, 150, 6_000)] == [
        "about 1 minute", "about 1 minute", "about 2 minutes", "about 100 minutes",
    ]  # fmt: skip
    assert target_words(Label.INCORRECT, 0.05) == "At least 5% with the mask worn incorrectly"
