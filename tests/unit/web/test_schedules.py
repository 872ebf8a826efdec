"""Pages of schedules."""

from core.database import Database, read_clock
from core.predict.job_kind import PREDICT
from models import Overlap, Schedule
from tests.unit.web.conftest import Browser


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
