"""Viewers see and download; what their pages show leads nowhere that is closed to them."""

import pytest
from flask import Flask
from sqlalchemy import select

from core.accounts import account_named, add_account
from core.api_tokens import add_token
from core.database import Database
from core.errors import InputError
from models import Account, Job, JobState, Photo, Role, Scope
from tests.duplicate_rows import add_group
from tests.provenance_rows import WebPhoto, add_web_photo
from tests.unit.web.conftest import Browser
from tests.unit.web.finished_job import add_finished_job
from tests.unit.web.test_reviewer_pages import _targets
from tests.unit.web.test_route_access import _sign_in
from web.accounts.session import may_open


@pytest.fixture
def viewer(app: Flask, database: Database, photos) -> Browser:
    """A viewer, a finished job, and a crawled photo with a duplicate."""
    add_finished_job(database, photos)
    data = app.extensions["maskloop"].settings.data
    with database.write() as rows:
        add_account(rows, "vic", Role.VIEWER)
        first, second = (
            add_web_photo(rows, data, WebPhoto(number=n, licence="CC BY 2.0"), version_id=1) for n in (0, 2)
        )
        add_group(rows, first.id, second.id)
    return Browser(_sign_in(app, database, "vic"))


def _pages(database: Database) -> list[str]:
    with database.read() as rows:
        photo_ids = list(rows.scalars(select(Photo.id)))
    pages = ["/", "/jobs/1", "/jobs/1/results", "/jobs/1/results/0", "/jobs/1/results/0?labels=predicted"]
    pages += [
        "/jobs/1/results?show=failed",
        "/jobs/1/groups",
        "/library",
        "/library?job=1",
        "/account",
        "/tokens",
    ]
    return pages + [f"/library/photos/{photo_id}" for photo_id in photo_ids]


def test_no_link_and_no_form_is_closed(app: Flask, viewer: Browser, database: Database) -> None:
    with database.read() as rows:
        account: Account = account_named(rows, "vic")
    adapter, closed = app.url_map.bind("localhost"), []
    for address in _pages(database):
        answer = viewer.get(address)
        assert answer.status_code == 200, address
        for method, target in _targets(answer.text):
            endpoint, _ = adapter.match(target.replace("&amp;", "&").partition("?")[0], method=method)
            if not may_open(account, endpoint):
                closed.append(f"{address} leads to {method} {target}")
    assert not closed, "\n".join(closed)


@pytest.mark.parametrize("state", [JobState.RUNNING, JobState.PAUSED, JobState.FAILED, JobState.DONE])
def test_no_job_can_be_started_or_stopped_from_its_page(
    viewer: Browser, database: Database, state: JobState
) -> None:
    with database.write() as rows:
        rows.get_one(Job, 1).state = state
    page = viewer.get("/jobs/1").text
    assert 'method="post"' not in page.replace("sign-out", "")
    assert viewer.post("/jobs/1/pause").status_code == 403
    assert viewer.post("/jobs/1/delete").status_code == 403


def test_results_are_downloaded(viewer: Browser, database: Database) -> None:
    assert viewer.get("/photos/1/file").status_code == 200
    assert viewer.get("/jobs/1/groups/table.csv").status_code == 200
    for closed in ("/people", "/system", "/activity", "/webhooks", "/jobs/new", "/review", "/camera", "/try"):
        assert viewer.get(closed).status_code == 403, closed


def test_tokens_of_viewers_read(app: Flask, viewer: Browser, database: Database) -> None:
    page = viewer.post("/tokens", data={"name": "t", "scopes": "admin", "days": "30"})
    assert page.status_code == 200 and "<code>read</code>" in viewer.get("/tokens").text
    with database.write() as rows:
        account = account_named(rows, "vic")
        with pytest.raises(InputError, match="can only have the scope read"):
            add_token(rows, account, name="t", scopes=[Scope.SUBMIT], days=1)
        secret = add_token(rows, account, name="t", scopes=[Scope.READ], days=1)[1]
    program, headers = app.test_client(use_cookies=False), {"Authorization": f"Bearer {secret}"}
    assert program.get("/api/v1/jobs/1", headers=headers).status_code == 200
    refused = program.post("/api/v1/jobs/1/pause", headers=headers, json={})
    assert (refused.status_code, refused.get_json()["code"]) == (403, "scope_missing")
