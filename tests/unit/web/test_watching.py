"""Pages of schedules that wait for new photos."""

from pathlib import Path

from sqlalchemy import select

from core.database import Database, read_clock
from core.predict.options import PredictOptions
from core.schedules.watching.options import WatchOptions
from core.schedules.watching.store import Sight, write_problem, write_sight
from models import FolderWatch, RunState, Schedule, ScheduleRun, Trigger, WatchMethod, WatchState
from tests.cases import in_one_test
from tests.unit.web.conftest import Browser
from tests.watched import add_watching

FORM = {
    "folder": "", "recursive": "y", "existing": "read", "settle_seconds": "3", "gather_seconds": "30",
    "most_photos": "5000", "smallest_face": "16", "indeterminate_below": "0.6", "anonymise": "none",
}  # fmt: skip


def _sight(**given: object) -> Sight:
    usual = {
        "photos": 12, "growing": 0, "waiting": 0, "seconds": 0.2, "method": WatchMethod.NOTIFICATIONS,
        "method_note": "",
    }  # fmt: skip
    return Sight(**{**usual, **given})


def test_the_form_adds_a_schedule(browser: Browser, database: Database, photos: Path) -> None:
    page = browser.get("/schedules/watch").text
    for field in (*FORM, "polls", "find_duplicates"):
        assert f'name="{field}"' in page, field
    form = {**FORM, "folder": f"{photos}/../photos", "existing": "skip", "settle_seconds": "10"}
    form.pop("recursive")
    answer = browser.post("/schedules/watch", data={**form, "find_duplicates": "y"})
    assert answer.status_code == 302, answer.text
    with database.read() as rows:
        schedule = rows.scalars(select(Schedule)).one()
        watch = rows.scalars(select(FolderWatch)).one()
    job, options = PredictOptions.from_json(schedule.options), WatchOptions.from_json(watch.options)
    assert (schedule.trigger, schedule.next_at, schedule.account_id) == (Trigger.NEW_PHOTOS, None, 1)
    assert (job.folder, job.recursive, job.follow_up) == (str(photos), False, ("dedup",))
    assert options == WatchOptions(settle_seconds=10, reads_existing=False)
    assert schedule.title == f"New in {photos.name}"
    shown = browser.get(answer.location).text
    assert "When new photos arrive" in shown and "without sub-folders" in shown and "10 seconds" in shown


@in_one_test(
    ("field", "value", "told"),
    [
        ("folder", "", "folder_missing"),
        ("folder", "/etc", "folder_not_allowed"),
        ("folder", "{photos}/none", "folder_not_found"),
        ("settle_seconds", "0.1", "between 0.5 and 3600"),
        ("settle_seconds", "soon", "Not a valid float value"),
        ("most_photos", "0", "between 1 and 10000"),
        ("existing", "maybe", "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_added(
    browser: Browser, database: Database, photos: Path, field: str, value: str, told: str
) -> None:
    form = {**FORM, "folder": str(photos), field: value.format(photos=photos)}
    answer = browser.post("/schedules/watch", data=form)
    assert answer.status_code in (400, 403, 404), answer.status_code
    assert told in answer.text
    with database.read() as rows:
        assert rows.scalars(select(Schedule)).all() == []


def test_a_job_over_a_folder_leads_to_the_form_with_its_options(
    browser: Browser, database: Database, photos: Path, job_id: int
) -> None:
    assert f'href="/schedules/watch?job={job_id}"' in browser.get(f"/schedules/new?job={job_id}").text
    assert f'value="{photos}"' in browser.get(f"/schedules/watch?job={job_id}").text


def test_the_page_says_what_the_watcher_saw(browser: Browser, database: Database, photos: Path) -> None:
    schedule_id = add_watching(database, photos)
    address = f"/schedules/{schedule_id}"
    page = browser.get(address).text
    assert "Starting" in page and "Not looked at yet." in page and "0 photos" in page
    with database.write() as rows:
        write_sight(rows, schedule_id, _sight(growing=2, waiting=1))
        watch = rows.get_one(FolderWatch, schedule_id)
        watch.photos_taken, watch.last_taken_at = 1234, read_clock(rows)
    for page in (browser.get(address).text, browser.get("/schedules").text):
        assert "Watching" in page and "1,234 photos" in page and 'data-time="ago"' in page
        assert "2 still growing, 1 waits for others to share the job" in page
    with database.write() as rows:
        write_problem(rows, schedule_id, "folder_not_found", "There is no folder.")
    page = browser.get(address).text
    assert "Cannot be read" in page and "There is no folder." in page and "nothing is missed" in page
    with database.write() as rows:
        write_problem(rows, schedule_id, "folder_slow", "No answer.", WatchState.SLOW)
    assert "Does not answer" in browser.get("/schedules").text
    browser.post(f"{address}/pause")
    page = browser.get(address).text
    assert "Paused" in page and "No answer." not in page
    assert "Watching" not in browser.get("/schedules").text


def test_health_names_the_schedule_whose_folder_cannot_be_read(
    browser: Browser, database: Database, photos: Path
) -> None:
    from core.system.store import Process, write_beat
    from models import ServicePart
    from web.system.health import forget_shared_health

    def check() -> dict[str, object]:
        forget_shared_health()
        return browser.get("/health").json["checks"]["watched_folders"]

    assert check() == {"ok": True, "sentence": "Watched: 0 folders."}
    schedule_id = add_watching(database, photos)
    assert check() == {"ok": False, "sentence": "1 schedule waits for new photos, but no watcher runs."}
    with database.write() as rows:
        write_beat(rows, Process(part=ServicePart.WATCHER, host="one", pid=1))
    assert check() == {"ok": True, "sentence": "Watched: 1 folder."}
    with database.write() as rows:
        write_problem(rows, schedule_id, "folder_slow", f"{photos} is slow.", WatchState.SLOW)
    assert check() == {"ok": False, "sentence": "The folder of schedule 1 cannot be read now."}


def test_how_it_is_watched_can_be_changed(browser: Browser, database: Database, photos: Path) -> None:
    schedule_id = add_watching(database, photos, WatchOptions(reads_existing=False))
    address = f"/schedules/{schedule_id}/change"
    assert 'value="Arrivals"' in browser.get(address).text
    form = {"title": "Gate", "settle_seconds": "5", "gather_seconds": "0", "most_photos": "9", "polls": "y"}
    assert browser.post(address, data={**form, "title": ""}).status_code == 400
    assert browser.post(address, data=form).location == f"/schedules/{schedule_id}"
    with database.read() as rows:
        watch = rows.get_one(FolderWatch, schedule_id)
        assert rows.get_one(Schedule, schedule_id).title == "Gate"
    assert WatchOptions.from_json(watch.options) == WatchOptions(
        settle_seconds=5, gather_seconds=0, most_photos=9, polls=True, reads_existing=False
    )


def test_run_now_asks_the_watcher_and_stays_on_the_page(
    browser: Browser, database: Database, photos: Path
) -> None:
    schedule_id = add_watching(database, photos)
    assert browser.post(f"/schedules/{schedule_id}/run").location == f"/schedules/{schedule_id}"
    page = browser.get(f"/schedules/{schedule_id}").text
    assert "New photos that have settled become a job now." in page and "Waiting. By hand." in page
    with database.read() as rows:
        assert rows.scalars(select(ScheduleRun)).one().state is RunState.WAITING
