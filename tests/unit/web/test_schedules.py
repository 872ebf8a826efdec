"""Pages of schedules."""

from datetime import timedelta

from core.database import Database, read_clock
from core.predict.job_kind import PREDICT
from models import Overlap, RunState, Schedule, ScheduleRun
from tests.unit.web.conftest import Browser
from tests.unit.web.test_job_list import counted


def _add(database: Database, time_zone: str) -> str:
    with database.write() as rows:
        now = read_clock(rows)
        schedule = Schedule(
            title="Every night", kind=PREDICT.name, options={"folder": "/photos"}, cron="0 3 * * *",
            time_zone=time_zone, overlap=Overlap.SKIP, paused=False, next_at=now, created_at=now,
        )  # fmt: skip
        rows.add(schedule)
        rows.flush()
        return f"/schedules/{schedule.id}"


def test_a_schedule_whose_zone_is_no_longer_valid_is_mended_on_its_form(
    browser: Browser, database: Database
) -> None:
    """Zones are renamed; the form says so and keeps the rest."""
    address = _add(database, "Europe/Nowhere")
    for page in ("/schedules", address):
        assert browser.get(page).status_code == 200, page
    form = browser.get(f"{address}/change")
    assert (form.status_code, "time_zone_unknown" in form.text) == (200, True)
    assert 'value="Every night"' in form.text and 'value="Europe/Nowhere"' in form.text
    mended = {"title": "Every night", "cron": "0 3 * * *", "time_zone": "Europe/Berlin", "overlap": "skip"}
    assert browser.post(f"{address}/change", data=mended).location == address
    assert "Europe/Berlin" in browser.get(address).text


def test_a_schedule_that_is_invalid_is_not_resumed_and_its_page_says_why(
    browser: Browser, database: Database
) -> None:
    address = _add(database, "Europe/Nowhere")
    browser.post(f"{address}/pause")
    assert browser.post(f"{address}/resume").location == address
    page = browser.get(address).text
    assert "Europe/Nowhere" in page and "Change the schedule, then resume it." in page
    with database.read() as rows:
        assert rows.get_one(Schedule, int(address.rpartition("/")[2])).paused
    assert browser.post("/schedules/99/resume").status_code == 404


def test_the_list_shows_the_last_run_of_each_and_asks_once(
    browser: Browser, database: Database, job_id: int
) -> None:
    first, second = (int(_add(database, "UTC").rpartition("/")[2]) for _ in range(2))
    with counted(database) as before:
        assert browser.get("/schedules").text.count("Not run yet") == 2
    for _ in range(6):
        _add(database, "UTC")
    with database.write() as rows:
        now = read_clock(rows)
        for hours, state, job in ((2, RunState.SKIPPED, None), (1, RunState.STARTED, job_id)):
            planned = now - timedelta(hours=hours)
            run = {"planned_at": planned, "state": state, "job_id": job, "created_at": planned}
            rows.add_all(ScheduleRun(schedule_id=schedule_id, **run) for schedule_id in (first, second))
    with counted(database) as after:
        page = browser.get("/schedules").text
    assert (page.count("Not run yet"), page.count(": done"), page.count(": skipped")) == (6, 2, 0)
    assert len(after) == len(before)
