"""The page “Import and export” is one click away from jobs, datasets, library and review."""

import re
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from core.accounts import add_account, ensure_owner
from core.crawl.job_kind import request_crawl
from core.crawl.options import CrawlOptions
from core.database import Database
from models import Face, Job, JobState, Role
from tests.imported_set import FACE, add_photo, run_import, voc
from tests.review_rows import add_queue
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_finished_job
from tests.unit.web.test_crawl_pages import _add_found
from tests.unit.web.test_route_access import _sign_in

#: Sections of the header whose pages link to it.
SECTIONS = ("Jobs", "Library", "Review", "Training")


@pytest.fixture
def jobs(app: Flask, database: Database, photos: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Jobs of several kinds, and a queue of the first one's faces."""
    add_photo(photos / "whole.jpg", voc(("mask", *FACE)))
    settings = app.extensions["maskloop"].settings
    found = {
        "import": run_import(database, settings, photos, monkeypatch),
        "predict": add_finished_job(database, photos / "street", photos=3),
    }
    with database.write() as rows:
        options = CrawlOptions(phrases=({"text": "masks"},), sources=("openverse",))
        crawl = request_crawl(rows, options, settings, account_id=ensure_owner(rows).id)
        _add_found(rows, crawl.id)
        crawl.state = JobState.DONE
        found["crawl"] = crawl.id
        add_queue(rows, list(rows.scalars(select(Face.id))))
    return found


def is_page_of_section(text: str) -> bool:
    """Whether the header marks one of the sections as that of the page."""
    header = text.partition('class="header__nav"')[2].partition("</nav>")[0]
    current = re.search(r'aria-current="\w+">([^<]+)', header)
    return current is not None and current[1] in SECTIONS


def test_every_page_of_these_sections_links_to_it(
    app: Flask, browser: Browser, database: Database, jobs: dict[str, int]
) -> None:
    with app.test_request_context():
        plain = [
            rule.rule
            for rule in app.url_map.iter_rules()
            if "GET" in (rule.methods or ()) and not rule.arguments and not rule.rule.startswith("/api/")
        ]
    with database.read() as rows:
        plain += [f"/jobs/{job_id}" for job_id in rows.scalars(select(Job.id))]
    plain += ["/review/queues/1", "/library/photos/1", f"/jobs/{jobs['predict']}/results"]
    walked, missing = [], []
    for address in plain:
        answer = browser.get(address)
        if answer.status_code == 200 and answer.mimetype == "text/html" and is_page_of_section(answer.text):
            walked.append(address)
            if 'href="/exchange"' not in answer.text:
                missing.append(address)
    assert not missing
    assert {"/", "/library", "/datasets", "/review", "/boxes", "/crawls/new"} <= set(walked)
    assert len(walked) > 25


def test_jobs_with_photos_lead_to_the_export_of_their_photos(browser: Browser, jobs: dict[str, int]) -> None:
    for kind, job_id in jobs.items():
        assert f'href="/exchange?job={job_id}"' in browser.get(f"/jobs/{job_id}").text, kind


def test_the_header_marks_the_page_in_one_section_alone(browser: Browser) -> None:
    page = browser.get("/exchange").text
    assert page.count('aria-current="page"') + page.count('aria-current="true"') == 2
    assert re.search(r'href="/exchange" aria-current="page">Import and export', page)
    assert re.search(r'href="/library" aria-current="true">Library', page)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_who_may_not_open_it_sees_no_link(
    app: Flask, database: Database, jobs: dict[str, int], role: Role
) -> None:
    with database.write() as rows:
        add_account(rows, "vic", role)
    guest = Browser(_sign_in(app, database, "vic"), home="/account")
    for address in ("/", "/library", "/review", "/jobs/1"):
        assert "/exchange" not in guest.get(address).text.replace("/queues/1/exchange", "")
    refused = guest.get("/exchange")
    assert refused.status_code == 403
