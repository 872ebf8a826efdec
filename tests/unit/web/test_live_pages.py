"""Polls of many browsers share what is read, and nothing that is theirs alone."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from core.accounts import OWNER, add_account, new_sign_in_link
from core.database import Database
from models import Job, JobState, Role
from tests.unit.web.conftest import Browser, token_of
from web import pages
from web.pages import LiveTexts

_LIVE = {"Maskloop-Live": "1"}


@pytest.fixture(autouse=True)
def _long(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read is shared until the test ends."""
    monkeypatch.setattr(pages, "_SHARED_SECONDS", 600)


def _sign_in(app: Flask, database: Database, name: str = OWNER) -> FlaskClient:
    with database.write() as rows:
        link = f"/sign-in/{new_sign_in_link(rows, name=name)}"
    client = app.test_client()
    client.post(link, data={"csrf_token": token_of(client.get(link).text)})
    return client


def _run(database: Database, job_id: int, **values: object) -> None:
    with database.write() as rows:
        job = rows.get_one(Job, job_id)
        for name, value in ({"state": JobState.RUNNING} | values).items():
            setattr(job, name, value)


@pytest.mark.parametrize("address", ["/", "/jobs/1"])
def test_polls_of_many_browsers_cost_one_reading(
    app: Flask, database: Database, job_id: int, address: str
) -> None:
    _run(database, job_id)
    clients = [_sign_in(app, database) for _ in range(8)]
    with ThreadPoolExecutor(8) as threads:
        statements: list[str] = []
        event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        answers = list(threads.map(lambda client: client.get(address, headers=_LIVE), clients))
    assert {answer.status_code for answer in answers} == {200}
    assert sum("FROM job\n" in statement or "FROM job " in statement for statement in statements) < 8
    # Each finds its own account; beside that, what the page shows is read once.
    assert len(statements) < 8 * 2 + 25


def test_each_browser_gets_its_own_token_and_can_act_with_it(
    app: Flask, database: Database, job_id: int
) -> None:
    _run(database, job_id)
    tokens = []
    for client in (_sign_in(app, database), _sign_in(app, database)):
        page = client.get(f"/jobs/{job_id}", headers=_LIVE)
        assert "\0" not in page.text
        found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
        assert found is not None
        tokens.append(found[1])
    assert tokens[0] != tokens[1]
    answer = client.post(f"/jobs/{job_id}/pause", data={"csrf_token": tokens[1]})
    assert answer.status_code == 302
    assert "Resume" in client.get(f"/jobs/{job_id}", headers=_LIVE).text


def test_what_somebody_did_is_shown_at_once(browser: Browser, database: Database, job_id: int) -> None:
    _run(database, job_id)
    assert "Pause" in browser.get("/", headers=_LIVE).text
    browser.post(f"/jobs/{job_id}/pause")
    assert not re.search(r"/jobs/1/pause", browser.get(f"/jobs/{job_id}", headers=_LIVE).text)


def test_an_unchanged_page_is_answered_without_its_text(app: Flask, database: Database, job_id: int) -> None:
    _run(database, job_id)
    first, second = _sign_in(app, database), _sign_in(app, database)
    tag = first.get("/", headers=_LIVE).headers["ETag"]
    again = first.get("/", headers=_LIVE | {"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    # Another session's forms need another token.
    assert second.get("/", headers=_LIVE | {"If-None-Match": tag}).status_code == 200


def test_filters_have_pages_of_their_own(browser: Browser, database: Database, job_id: int) -> None:
    _run(database, job_id)
    assert "job-1" in browser.get("/", headers=_LIVE).text
    assert "job-1" not in browser.get("/?state=done", headers=_LIVE).text


def test_what_is_of_one_person_is_not_shown_to_another(
    app: Flask, database: Database, job_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The shares of a job that is done promise minutes at the pace of whoever looks."""
    from web.audit import job_panel

    with database.write() as rows:
        add_account(rows, "ann", Role.LEAD)
    asked, real = [], job_panel.read_overview

    def note(*given: object, account_id: int) -> object:
        asked.append(account_id)
        return real(*given, account_id=account_id)

    monkeypatch.setattr(job_panel, "read_overview", note)
    clients = _sign_in(app, database), _sign_in(app, database, "ann")
    for client in (*clients, *clients):
        assert client.get(f"/jobs/{job_id}", headers=_LIVE).status_code == 200
    assert asked == [1, 2], "each reads once, and finds the own reading again"


def test_what_was_read_before_a_change_is_not_kept_after_it() -> None:
    texts = LiveTexts()
    key = (next(iter(pages.Role)), "/")
    texts.keep(key, "new", asked=pages.time.monotonic())
    assert texts.get(key) == "new"
    before = pages.time.monotonic()
    texts.clear()
    texts.keep(key, "old", asked=before)
    assert texts.get(key) is None
