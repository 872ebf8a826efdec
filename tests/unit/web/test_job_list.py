"""The page of all jobs: filters in the address, a mark for each kind, folded helpers, deletion."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import event, select

from core.accounts import ensure_owner
from core.database import Database, read_clock
from core.job_kinds import JOB_KINDS
from core.predict.job_kind import PREDICT_STAGE
from models import Account, Batch, BatchState, Job, JobState, Role
from tests.cases import in_one_test
from tests.unit.web.conftest import Browser
from web.jobs.panels import icon_of

_MARKS = Path(__file__).parents[3] / "web" / "templates" / "_marks.html"


def add(database: Database, title: str, kind: str = "predict", state: JobState = JobState.DONE) -> int:
    with database.write() as rows:
        job = Job(kind=kind, state=state, title=title, options={"folder": "/x"}, stage=PREDICT_STAGE.name,
                  listed=True, created_at=read_clock(rows), account_id=ensure_owner(rows).id)  # fmt: skip
        rows.add(job)
        rows.flush()
        return job.id


def titles(page: str) -> list[str]:
    return re.findall(r'<h2 class="job-row__title"><a href="[^"]*">([^<]*)</a>', page)


@pytest.fixture
def some_jobs(app, database: Database) -> None:
    add(database, "Gate")
    add(database, "Beach", state=JobState.RUNNING)
    add(database, "Web", kind="crawl")
    add(database, "Twins", kind="dedup")
    add(database, "Broken twins", kind="dedup", state=JobState.FAILED)
    add(database, "Set", kind="freeze", state=JobState.RUNNING)


@in_one_test(
    ("query", "expected"),
    [
        ("", ["Broken twins", "Web", "Beach", "Gate"]),
        ("?helpers=1", ["Set", "Broken twins", "Twins", "Web", "Beach", "Gate"]),
        ("?kind=dedup", ["Broken twins", "Twins"]),
        ("?state=running", ["Beach"]),
        ("?q=TWINS", ["Broken twins", "Twins"]),
        ("?sort=title", ["Beach", "Broken twins", "Gate", "Web"]),
        ("?person=1&kind=crawl", ["Web"]),
        ("?person=77", []),
    ],
)
def test_filters_of_the_address(browser: Browser, some_jobs: None, query: str, expected: list[str]) -> None:
    page = browser.get(f"/{query}").text
    assert titles(page) == expected
    assert ("No job matches" in page) is (not expected)


def test_folded_jobs_are_reachable(browser: Browser, some_jobs: None) -> None:
    page = browser.get("/").text
    assert "1 of them is unfinished" in page and 'href="/?helpers=1"' in page
    page = browser.get("/?helpers=1&state=running").text
    assert 'href="/?state=running"' in page, "folds them away again"
    assert browser.get("/?kind=nonsense").status_code == browser.get("/?state=x").status_code == 400


def test_the_filter_stays_on_further_pages_and_in_the_form(browser: Browser, database: Database) -> None:
    for number in range(25):
        add(database, f"Street {number:02}")
    page = browser.get("/?q=street&sort=oldest").text
    assert titles(page)[0] == "Street 00"
    following = re.search(r'rel="next" href="([^"]*)"', page)
    assert following is not None
    second = browser.get(following[1].replace("&amp;", "&")).text
    assert titles(second) == [f"Street {number:02}" for number in range(20, 25)]
    assert 'value="street"' in second and '<option value="oldest" selected>' in second


def test_every_kind_has_a_mark_of_its_own(browser: Browser, some_jobs: None) -> None:
    marks = {kind.name: icon_of(kind.name) for kind in JOB_KINDS}
    assert len(set(marks.values())) == len(JOB_KINDS)
    drawn = _MARKS.read_text()
    assert all(f'id="icon-{icon}"' in drawn for icon in marks.values())
    page = browser.get("/").text
    assert '<span class="kind-mark" title="Crawl">' in page and "Crawl · owner" in page


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The SQL of every query meanwhile."""
    seen: list[str] = []

    def note(_connection, _cursor, statement: str, *_others: object) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(database.engine, "before_cursor_execute", note)


@pytest.mark.parametrize("address", ["/boxes", "/library", "/review/queues/new"])
def test_jobs_to_choose_from_are_those_with_photos(
    browser: Browser, database: Database, job_id: int, address: str
) -> None:
    """Jobs that serve others are many, and have no photos."""
    for number in range(60):
        add(database, f"Twins {number}", kind="dedup")
    page = browser.get(address).text
    assert "Street survey" in page and "Twins" not in page
    browser.post(f"/jobs/{job_id}/delete")
    assert "Street survey" not in browser.get(address).text.replace("is deleted", "")


def _add_running(database: Database, number: int) -> None:
    """A job that runs, of another person, with batches that wait, run and have just ended."""
    job_id = add(database, f"Job {number}", state=JobState.RUNNING)
    with database.write() as rows:
        now = read_clock(rows)
        account = Account(name=f"person {number}", role=Role.LEAD, created_at=now)
        rows.add(account)
        rows.flush()
        rows.get_one(Job, job_id).account_id = account.id
        for position, state in enumerate((BatchState.WAITING, BatchState.LEASED, BatchState.DONE)):
            rows.add(
                Batch(
                    job_id=job_id, kind=PREDICT_STAGE.name, sequence=position, first_position=position,
                    last_position=position, state=state, not_before=now - timedelta(minutes=1),
                    lease_until=now + timedelta(minutes=1), claimed_at=now, finished_at=now,
                )
            )  # fmt: skip


def test_no_query_is_made_for_each_card(browser: Browser, database: Database) -> None:
    """Neither on the list of jobs nor on that of trainings, however many of them run."""
    numbers = {}
    for wanted in (2, 20):
        with database.read() as rows:
            there = len(rows.scalars(select(Job)).all())
        for number in range(there, wanted):
            _add_running(database, number)
        with counted(database) as seen:
            page = browser.get("/").text
        assert len(titles(page)) == wanted and page.count("1 batch") == 0
        numbers[wanted] = len(seen)
    assert numbers[2] == numbers[20] <= 16


def test_deleting_a_job_asks_what_goes_and_stays(browser: Browser, database: Database, job_id: int) -> None:
    page = browser.get(f"/jobs/{job_id}").text
    asked = (
        "Its list of photos, its reports and its log are deleted. Photos, faces, predictions and labels stay"
    )
    assert f'action="/jobs/{job_id}/delete"' in page and asked in page
    answer = browser.post(f"/jobs/{job_id}/delete")
    assert answer.location == "/"
    page = browser.get("/").text
    assert f"Job {job_id} is deleted. Photos, faces, predictions and labels stay" in page
    assert titles(page) == []
    for address in (f"/jobs/{job_id}", f"/jobs/{job_id}/results", f"/schedules/new?job={job_id}"):
        gone = browser.get(address)
        assert (gone.status_code, "was deleted on" in gone.text) == (410, True)
    assert browser.post(f"/jobs/{job_id}/again").status_code == 410
    assert browser.post(f"/jobs/{job_id}/retry").status_code == 410


def test_a_running_job_offers_no_deletion_and_refuses_it(browser: Browser, database: Database) -> None:
    job_id = add(database, "Gate", state=JobState.RUNNING)
    assert f'action="/jobs/{job_id}/delete"' not in browser.get(f"/jobs/{job_id}").text
    answer = browser.post(f"/jobs/{job_id}/delete")
    assert answer.location == f"/jobs/{job_id}"
    assert "A job that is running cannot be deleted. Cancel it first." in browser.get(answer.location).text
