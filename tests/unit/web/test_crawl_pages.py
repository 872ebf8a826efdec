"""The form of a crawl, the page of a crawl, and repeating it."""

import re

from flask import Flask
from sqlalchemy import select, update

from core.crawl.job_kind import CRAWL
from core.crawl.options import CrawlOptions
from core.database import Database, read_clock
from core.library.selection.model import LibrarySelection
from core.predict.job_kind import PREDICT
from models import (
    CrawlHit,
    CrawlSearch,
    Decision,
    Extraction,
    Face,
    HitOutcome,
    Job,
    JobPhoto,
    JobPhotoState,
    JobState,
    Label,
    Photo,
    Schedule,
    Source,
)
from tests.unit.web.conftest import Browser

_FORM = {
    "phrase": ["people in masks", "", "bare faces"],
    "label": ["with_mask", "", "without_mask"],
    "sources": ["openverse", "commons"],
    "limit": "30",
    "smallest_side": "150",
    "licence": "commercial",
    "robots": "obey",
}


def test_a_crawl_is_requested(browser: Browser, database: Database) -> None:
    answer = browser.post("/crawls/new", data=_FORM)
    assert answer.status_code == 302
    with database.read() as rows:
        job = rows.scalars(select(Job)).one()
        searches = rows.scalars(select(CrawlSearch).order_by(CrawlSearch.number)).all()
    assert (job.kind, job.title) == (CRAWL.name, "people in masks, bare faces")
    options = CrawlOptions.from_json(job.options)
    assert (options.limit, options.smallest_side, options.filters.licence) == (30, 150, "commercial")
    assert [(s.source, s.query, s.label) for s in searches] == [
        ("openverse", "people in masks", Label.WITH_MASK),
        ("commons", "people in masks", Label.WITH_MASK),
        ("openverse", "bare faces", Label.WITHOUT_MASK),
        ("commons", "bare faces", Label.WITHOUT_MASK),
    ]
    page = browser.get(answer.location)
    assert page.status_code == 200
    assert "people in masks" in page.text and "Wikimedia Commons" in page.text


def test_addresses_need_no_phrase(browser: Browser, database: Database) -> None:
    data = {
        "phrase": [""],
        "label": [""],
        "sources": ["openverse"],
        "limit": "5",
        "smallest_side": "100",
        "sites": "https://a.example\n\n",
        "addresses": "https://b.example/1.jpg",
        "robots": "obey",
    }
    assert browser.post("/crawls/new", data=data).status_code == 302
    with database.read() as rows:
        sources = list(rows.scalars(select(CrawlSearch.source).order_by(CrawlSearch.number)))
    assert sources == ["site", "addresses"]


def test_errors_are_shown_and_the_input_stays(browser: Browser, app: Flask) -> None:
    for change, said in (
        ({"phrase": [], "label": []}, "crawl_incomplete"),
        ({"sources": []}, "crawl_incomplete"),
        ({"sources": ["flickr"]}, "source_key_missing"),
        ({"addresses": "ftp://x.example/"}, "address_not_http"),
        ({"limit": "100000"}, "between"),
    ):
        answer = browser.post("/crawls/new", data={**_FORM, **change})
        assert answer.status_code == 400
        assert said in answer.text
        assert change.get("phrase") == [] or "people in masks" in answer.text


def _add_found(rows, job_id: int) -> None:
    """Ten photos of the first search, each with two faces; twelve decided, two of them as expected."""
    now = read_clock(rows)
    search = rows.scalars(select(CrawlSearch).order_by(CrawlSearch.number)).first()
    search.found, search.fetched, search.end_code, search.end_message = (
        11,
        10,
        "exhausted",
        "Openverse has no more.",
    )
    search.broken = 1
    for position in range(10):
        photo = Photo(sha256=f"{position:064}", bytes=1, width=640, height=480, format="JPEG", created_at=now)
        rows.add(photo)
        rows.flush()
        rows.add(Extraction(photo_id=photo.id, detector_key="yunet", faces=2, created_at=now))
        _add_hit(rows, job_id, search, position, photo.id)
        for ordinal in range(2):
            face = Face(
                photo_id=photo.id,
                detector_key="yunet",
                ordinal=ordinal,
                x1=0,
                y1=0,
                x2=9,
                y2=9,
                score=1,
                landmarks=[],
                created_at=now,
            )
            rows.add(face)
            rows.flush()
            if position < 6:
                label = Label.WITH_MASK if position == 0 else Label.NOT_A_FACE
                rows.add(Decision(face_id=face.id, label=label, queue="results", created_at=now))
    _add_hit(rows, job_id, search, 10, None)


def _add_hit(rows, job_id: int, search: CrawlSearch, position: int, photo_id: int | None) -> None:
    rows.add(
        JobPhoto(
            job_id=job_id,
            position=position,
            locator=b"x",
            name="x",
            photo_id=photo_id,
            state=JobPhotoState.DONE if photo_id else JobPhotoState.FAILED,
            error_code=None if photo_id else "http_404",
            error_message=None if photo_id else "The server answered 404.",
        )
    )
    outcome = HitOutcome.FETCHED if photo_id else HitOutcome.BROKEN
    rows.add(
        CrawlHit(
            job_id=job_id,
            position=position,
            search_id=search.id,
            file_sha256=b"%32d" % position,
            outcome=outcome,
        )
    )


def test_the_page_shows_a_bad_phrase(browser: Browser, database: Database) -> None:
    job_id = int(browser.post("/crawls/new", data=_FORM).location.rsplit("/", 1)[1])
    with database.write() as rows:
        _add_found(rows, job_id)
        job = rows.get_one(Job, job_id)
        job.state, job.listed, job.photos_found, job.photos_done, job.photos_failed = (
            JobState.DONE,
            True,
            11,
            10,
            1,
        )
    page = browser.get(f"/jobs/{job_id}").text
    row = page.split('id="search-0"')[1].split("</tr>")[0]
    numbers = [part.split("</td>")[0].split(">", 1)[1] for part in row.split('data-word="')[1:]]
    assert numbers[:2] == ["30", "11"]
    assert numbers[2:8] == ["10", "0", "0", "1", "0", "0"], "the results add up to those found"
    assert numbers[8:10] == ["0", "20"]
    assert "2 <small>of 12 faces</small>" in numbers[10]
    assert "10 of 30 new photos: Openverse has no more." in row
    assert "Few of its faces have the expected label" in row
    assert "http_404" in page
    button = page.split('action="/library/selected/predict"')[1].split("</form>")[0]
    assert "button--primary" in button and "Find faces and label masks" in button
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', button))
    answer = browser.post("/library/selected/predict", data=fields)
    with database.read() as rows:
        asked = rows.scalars(select(Job).where(Job.kind == PREDICT.name)).one()
    assert answer.location == f"/jobs/{asked.id}"
    assert PREDICT.options_of(asked).selection == LibrarySelection(job=job_id), "other photos stay out"
    assert f"Library: job {job_id}" in browser.get(answer.location).text


def test_a_crawl_can_be_repeated_by_a_schedule(browser: Browser, database: Database) -> None:
    job_id = int(browser.post("/crawls/new", data=_FORM).location.rsplit("/", 1)[1])
    assert f"/schedules/new?job={job_id}" in browser.get(f"/jobs/{job_id}").text
    assert browser.get("/schedules/new").headers["Location"] == "/schedules"
    form = {"title": "Weekly masks", "cron": "0 6 * * 1", "time_zone": "Europe/Berlin", "overlap": "queue"}
    answer = browser.post(f"/schedules/new?job={job_id}", data=form)
    assert answer.status_code == 302
    page = browser.get(answer.location).text
    assert "06:00 on Monday" in page and "Europe/Berlin" in page and page.count("Monday ") >= 5
    answer = browser.post(f"{answer.location}/run")
    with database.read() as rows:
        schedule = rows.scalars(select(Schedule)).one()
        again = rows.scalars(select(Job).order_by(Job.id.desc())).first()
        searches = rows.scalars(select(CrawlSearch).where(CrawlSearch.job_id == again.id)).all()
    assert answer.location.endswith(f"/jobs/{again.id}")
    assert (schedule.kind, again.kind, again.title, len(searches)) == (
        CRAWL.name,
        CRAWL.name,
        "Weekly masks",
        4,
    )


def test_a_schedule_whose_times_became_invalid_says_so_on_its_pages(
    browser: Browser, database: Database
) -> None:
    job_id = int(browser.post("/crawls/new", data=_FORM).location.rsplit("/", 1)[1])
    form = {"title": "Weekly masks", "cron": "0 6 * * 1", "time_zone": "Europe/Berlin", "overlap": "queue"}
    page = browser.post(f"/schedules/new?job={job_id}", data=form).location
    with database.write() as rows:
        rows.execute(update(Schedule).values(time_zone="Mars/Olympus"))
    for address in ("/schedules", page):
        assert "There is no time zone &#39;Mars/Olympus&#39;" in browser.get(address).text


def test_no_source_row_is_needed_for_an_empty_library(browser: Browser, database: Database) -> None:
    with database.read() as rows:
        assert rows.scalars(select(Source)).all() == []
    assert "No photo yet" in browser.get("/library").text
