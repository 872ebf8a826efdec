"""The simulated browsers of the load benchmark open pages as a browser does."""

import time
from pathlib import Path

import pytest

from benchmarks.load_browser import Browser, Visits
from core.accounts import new_sign_in_link
from core.database import Database
from core.settings import Settings
from models import Job, JobState
from tests.unit.web.finished_job import add_finished_job
from tests.unit.web.raw_http import server


def test_a_browser_opens_pages_polls_and_keeps_what_never_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("benchmarks.load_browser._BEGINS", (0.0, 0.0))
    monkeypatch.setattr("benchmarks.load_browser._LOOKS", (0.01, 0.02))
    monkeypatch.setattr("benchmarks.load_browser._STAYS", (2.2, 2.5))
    for name in ("photos", "data"):
        (tmp_path / name).mkdir()
    with server(tmp_path / "data") as port:
        database = Database(Settings(data=tmp_path / "data").sql_url)
        job_id = add_finished_job(database, tmp_path / "photos")
        with database.write() as rows:
            rows.get_one(Job, job_id).state = JobState.RUNNING
            link = f"http://127.0.0.1:{port}/sign-in/{new_sign_in_link(rows)}"
        database.dispose()
        browser = Browser(link, [str(job_id)], seed=3)
        browser.open_all()
        assert browser.take_visits() == Visits()
        monkeypatch.setattr(Browser, "_pages", lambda _browser: [("page: job", f"/jobs/{job_id}")])
        browser.run(time.monotonic() + 4)
        browser.close()
        seen = browser.take_visits()
    assert len(seen.times["page: job"]) >= 1 and len(seen.times["poll"]) >= 1
    assert "style or script" not in seen.times, "what is immutable is asked for once"
    # The server may not read the folder of the photos.
    assert set(seen.errors) <= {"picture"}
