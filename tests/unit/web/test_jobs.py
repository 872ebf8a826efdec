"""The jobs page, the page of a job, and what may be done to it."""

import re
import time
from datetime import timedelta
from itertools import count

import pytest
from itsdangerous import TimestampSigner

from core.database import Database, read_clock
from core.predict.job_kind import PREDICT_STAGE
from models import Batch, BatchState, Job, JobState
from tests.unit.web.conftest import Browser


def _set(database: Database, job_id: int, **values: object) -> None:
    with database.write() as rows:
        job = rows.get_one(Job, job_id)
        for name, value in values.items():
            setattr(job, name, value)


def _state(database: Database, job_id: int) -> JobState:
    with database.read() as rows:
        return rows.get_one(Job, job_id).state


def test_an_empty_page_says_what_to_do(browser: Browser) -> None:
    text = browser.get("/").text
    assert "No jobs yet" in text
    assert 'href="/jobs/new"' in text


def test_the_first_page_takes_one_photo_and_its_live_part_leaves_it_alone(browser: Browser) -> None:
    assert 'id="dropzone"' in browser.get("/").text
    live = browser.get("/", headers={"Maskloop-Live": "1"}).text
    assert '<div id="try"></div>' in live and 'id="dropzone"' not in live


def test_what_the_listing_skipped_is_said_by_reason(
    browser: Browser, database: Database, job_id: int
) -> None:
    assert "<dt>Skipped</dt>" not in browser.get(f"/jobs/{job_id}").text
    skipped = {"not_photos": 17, "system_folders": {"@eaDir": 12, "#recycle": 1}}
    _set(database, job_id, files_ignored=30, files_skipped=skipped)
    text = browser.get(f"/jobs/{job_id}").text
    assert "<dd>17 files skipped: not photos</dd>" in text
    assert "<dd>13 system folders skipped: @eaDir (12), #recycle</dd>" in text
    # A job of an earlier release has the total alone.
    _set(database, job_id, files_skipped=None)
    assert "<dd>30 files skipped</dd>" in browser.get(f"/jobs/{job_id}").text


def test_a_job_that_is_not_about_photos_counts_none(
    browser: Browser, database: Database, job_id: int
) -> None:
    _set(database, job_id, photos_found=0, photos_done=0, photos_failed=0)
    text = browser.get("/").text
    assert "of 0 photos" not in text and 'class="progress__done" width="100.0%"' in text
    _set(database, job_id, steps_found=40, steps_done=30)
    text = browser.get("/").text
    assert "<strong>30</strong> of 40 steps" in text and 'class="progress__done" width="75.0%"' in text


def test_older_jobs_are_on_further_pages(browser: Browser, database: Database, job_id: int) -> None:
    with database.write() as rows:
        first = rows.get_one(Job, job_id)
        values = {c.key: getattr(first, c.key) for c in Job.__table__.columns if c.key not in ("id", "title")}
        rows.add_all(Job(title=f"Job number {n:02}", **values) for n in range(25))
    first_page = browser.get("/").text
    assert "Job number 24" in first_page
    assert "Job number 02" not in first_page
    address = first_page.split('href="/?after=')[1].split('"')[0]
    second_page = browser.get(f"/?after={address}").text
    assert "Job number 02" in second_page
    assert "Job number 24" not in second_page


def test_a_job_shows_what_was_found(browser: Browser, job_id: int) -> None:
    text = browser.get(f"/jobs/{job_id}").text
    for words in ("Street survey", "Started by owner", "photo_truncated", "Faces by label", "100%"):
        assert words in text


@pytest.mark.parametrize(
    ("state", "shown", "hidden"),
    [
        (JobState.RUNNING, {"pause", "cancel"}, {"resume", "retry", "continue"}),
        (JobState.WAITING, {"pause", "cancel"}, {"resume", "retry", "continue"}),
        (JobState.PAUSED, {"resume", "cancel"}, {"pause", "retry", "continue"}),
        (JobState.FAILED, {"retry"}, {"pause", "resume", "cancel", "continue"}),
        (JobState.CANCELLED, {"continue"}, {"pause", "resume", "cancel", "retry"}),
        (JobState.DONE, {"retry"}, {"pause", "resume", "cancel", "continue"}),
    ],
)
def test_only_fitting_actions_are_offered(
    browser: Browser, database: Database, job_id: int, state: JobState, shown: set[str], hidden: set[str]
) -> None:
    _set(database, job_id, state=state)
    text = browser.get(f"/jobs/{job_id}").text
    assert all(f'action="/jobs/{job_id}/{action}"' in text for action in shown)
    assert not any(f'action="/jobs/{job_id}/{action}"' in text for action in hidden)


def test_a_done_job_without_failures_offers_no_retry(
    browser: Browser, database: Database, job_id: int
) -> None:
    _set(database, job_id, photos_failed=0)
    assert f'action="/jobs/{job_id}/retry"' not in browser.get(f"/jobs/{job_id}").text


def test_the_buttons_say_what_they_do(browser: Browser, database: Database, job_id: int) -> None:
    assert "<span>Retry failed</span>" in browser.get(f"/jobs/{job_id}").text
    _set(database, job_id, state=JobState.CANCELLED)
    text = browser.get(f"/jobs/{job_id}").text
    assert "<span>Go on</span>" in text and "<span>Retry" not in text


def test_a_job_of_which_every_photo_failed_says_so_in_red(
    browser: Browser, database: Database, job_id: int
) -> None:
    assert "Make a zip of annotated photos" in browser.get(f"/jobs/{job_id}").text
    _set(database, job_id, photos_done=0, photos_failed=12)
    words = "Done, no photo could be read"
    assert "Make a zip of annotated photos" not in browser.get(f"/jobs/{job_id}").text
    for page in ("/", f"/jobs/{job_id}"):
        assert f'<span class="badge badge--failed">{words}</span>' in browser.get(page).text
    text = browser.get(f"/jobs/{job_id}").text
    assert f'<p class="progress-head__number text-bad">{words}</p>' in text
    assert "100%</p>" not in text and "No photo was searched for faces." not in text, "faces were counted"
    _set(database, job_id, faces_with_mask=0, faces_without_mask=0, faces_incorrect=0, faces_indeterminate=0)
    assert "No photo was searched for faces." in browser.get(f"/jobs/{job_id}").text


def test_pause_resume_cancel(browser: Browser, database: Database, job_id: int) -> None:
    _set(database, job_id, state=JobState.RUNNING)
    for action, state in (
        ("pause", JobState.PAUSED),
        ("resume", JobState.RUNNING),
        ("cancel", JobState.CANCELLED),
        ("continue", JobState.WAITING),
    ):
        assert browser.post(f"/jobs/{job_id}/{action}").status_code == 302
        assert _state(database, job_id) is state


def test_what_does_not_fit_is_said_on_the_page(browser: Browser, database: Database, job_id: int) -> None:
    answer = browser.client.post(
        f"/jobs/{job_id}/pause", headers={"X-CSRF-Token": browser.token}, follow_redirects=True
    )
    assert answer.status_code == 200
    assert "A job that is done cannot be paused." in answer.text


def test_a_job_that_is_not_there(browser: Browser) -> None:
    for answer in (browser.get("/jobs/99"), browser.post("/jobs/99/pause"), browser.get("/jobs/99/results")):
        assert (answer.status_code, "job_not_found" in answer.text) == (404, True)


def test_work_that_nobody_claims_is_said_everywhere(
    browser: Browser, database: Database, job_id: int
) -> None:
    _set(database, job_id, state=JobState.WAITING, last_claim_at=None)
    with database.write() as rows:
        long_ago = read_clock(rows) - timedelta(minutes=5)
        batch = {"job_id": job_id, "kind": PREDICT_STAGE.name, "sequence": 0, "payload": {}}
        rows.add(Batch(**batch, state=BatchState.WAITING, not_before=long_ago))
    for page in ("/", f"/jobs/{job_id}"):
        assert "no worker has claimed any" in browser.get(page).text
    health = browser.get("/health")
    assert (health.status_code, health.json["ok"]) == (503, False)


def test_polling_gets_the_part_that_changes(
    browser: Browser, job_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also a second later, when the form token is another one."""
    seconds = count(int(time.time()))
    monkeypatch.setattr(TimestampSigner, "get_timestamp", lambda _signer: next(seconds))
    part = browser.get(f"/jobs/{job_id}", headers={"Maskloop-Live": "1"})
    assert "<main" in part.text and 'name="csrf_token"' in part.text
    assert "<header" not in part.text
    tag = part.headers["ETag"]
    again = browser.get(f"/jobs/{job_id}", headers={"Maskloop-Live": "1", "If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")


def test_a_change_ends_the_304(
    browser: Browser, database: Database, job_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What a worker changes is shown a second later.
    monkeypatch.setattr("web.pages._SHARED_SECONDS", 0)
    tag = browser.get(f"/jobs/{job_id}", headers={"Maskloop-Live": "1"}).headers["ETag"]
    _set(database, job_id, photos_done=9)
    again = browser.get(f"/jobs/{job_id}", headers={"Maskloop-Live": "1", "If-None-Match": tag})
    assert again.status_code == 200


def test_a_title_cannot_break_out(browser: Browser, database: Database, job_id: int) -> None:
    _set(database, job_id, title='<script>alert("x")</script>')
    for page in ("/", f"/jobs/{job_id}", f"/jobs/{job_id}/results"):
        assert "<script>alert" not in browser.get(page).text


def test_a_bar_is_full_at_all_faces(browser: Browser, job_id: int) -> None:
    """Two of eight faces have each label: the bars say 25%, as the numbers beside them."""
    page = browser.get(f"/jobs/{job_id}").text
    widths = re.findall(r'bars__bar"><svg[^>]*><rect[^>]* width="([\d.]+)%"', page)
    assert widths == ["25.0"] * 4
    assert re.findall(r'bars__share">([^<]+)<', page) == ["25.0%"] * 4
