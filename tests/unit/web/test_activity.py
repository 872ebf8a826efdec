"""The activity log: each route of its classes leaves an entry, and what fails or reads leaves none."""

import json
import re
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask, Response
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import OperationalError
from werkzeug.routing import Rule

from core.accounts import account_named, add_account, hash_password, set_password
from core.api_tokens import add_token
from core.database import Database, read_clock
from models import Activity, ActivityKind, Decision, Role, Scope, SplitGroup
from tests.unit.web.conftest import Browser, token_of
from tests.unit.web.finished_job import add_finished_job
from tests.unit.web.test_route_access import _address, _routes, _sign_in
from web.activity.routes import RECORDED
from web.extension import database as app_database

#: Routes that change rows and are not recorded; the file says why.
_NOT_RECORDED = {
    name
    for names in tomllib.loads(Path(__file__).with_name("not_recorded.toml").read_text()).values()
    for name in names
}
#: Addresses of files that leave the service.
_FILE = re.compile(r"\.(csv|zip|jsonl)$|/files?(/<kind>)?$|/reports/.*<name>$|/export$")
#: What a program itself sent, and an earlier address that leads to a form.
_NO_DOWNLOADS = {"GET /api/v1/uploads/<int:upload_id>/files", "GET /boxes/export/<name>.zip"}


@pytest.fixture(autouse=True)
def emptied(app: Flask) -> None:
    """The log without the entry of the browser that is signed in once for all tests."""
    database: Database = app.extensions["maskloop"].database
    with database.write() as rows:
        rows.execute(delete(Activity))


def _entries(database: Database) -> list[Activity]:
    with database.read() as rows:
        return list(rows.scalars(select(Activity).order_by(Activity.id)))


def test_every_route_that_changes_or_sends_files_is_recorded_or_says_why(app: Flask) -> None:
    names = {name for name, _, _ in _routes(app)}
    changing = {name for name in names if not name.startswith("GET ")}
    files = {name for name in names if name.startswith("GET ") and _FILE.search(name)} - _NO_DOWNLOADS
    assert set(RECORDED) <= names, "routes that are gone"
    assert names >= _NOT_RECORDED and not _NOT_RECORDED & set(RECORDED)
    assert changing - _NOT_RECORDED - set(RECORDED) == set(), "record them in web/activity/routes.py"
    assert {name for name in files if RECORDED.get(name) is not ActivityKind.DOWNLOADED} == set()


def _changing_view(**_parts: object) -> str:
    with app_database().write() as rows:
        now = read_clock(rows)
        rows.add(SplitGroup(key=now.isoformat(), split="train", created_at=now))
    return "done"


def _rules(app: Flask) -> dict[str, tuple[str, Rule]]:
    return {name: (method, rule) for name, method, rule in _routes(app) if name in RECORDED}


def test_each_recorded_route_leaves_one_entry(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each route is called as the owner; its view commits a row, or answers with a file."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    with database.write() as rows:
        secret = add_token(rows, account_named(rows, "owner"), name="t", scopes=[Scope.ADMIN], days=1)[1]
    browser, wrong = _sign_in(app, database, "owner"), []
    program = app.test_client(use_cookies=False)
    for name, (method, rule) in _rules(app).items():
        view = (lambda **_: Response("a file")) if method == "GET" else _changing_view
        access = getattr(app.view_functions[rule.endpoint], "api_access", None)
        if access is not None:
            view = _with_access(view, access)
        monkeypatch.setitem(app.view_functions, rule.endpoint, view)
        is_api = rule.rule.startswith("/api/v1")
        before = len(_entries(database))
        headers = {"X-Request-ID": "walk", **({"Authorization": f"Bearer {secret}"} if is_api else {})}
        client = program if is_api else browser
        with client.open(_address(rule), method=method, headers=headers) as answer:
            assert answer.status_code == 200, name
        added = _entries(database)[before:]
        expected = [(RECORDED[name], "owner", "127.0.0.1", name, "walk")]
        # Selected photos are sent by POST without a change.
        if [(e.kind, e.who, e.client, e.route, e.request_id) for e in added] != expected:
            wrong.append(name)
        elif is_api and "token_id" not in added[0].about:
            wrong.append(f"{name}: no token")
    assert not wrong, "\n".join(wrong)


def _with_access(view, access):
    def declared(**parts: object) -> object:
        return view(**parts)

    declared.api_access = access
    return declared


def test_a_stranger_cannot_fill_the_disk_with_failures(
    database: Database, stranger: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.activity.store._MOST_FAILURES", 3)
    token = token_of(stranger.get("/sign-in").text)

    def fail(times: int) -> int:
        for _ in range(times):
            stranger.post("/sign-in/gone", data={"csrf_token": token})
        return len(_entries(database))

    assert fail(5) == 3
    with database.write() as rows:
        rows.execute(update(Activity).values(at=read_clock(rows) - timedelta(minutes=6)))
    assert fail(5) == 6


def test_sign_ins_and_failures_are_recorded(app: Flask, database: Database, stranger: FlaskClient) -> None:
    with database.write() as rows:
        set_password(rows, "owner", hash_password("a long enough password"))
    token = token_of(stranger.get("/sign-in").text)

    def sign_in(name: str, password: str) -> int:
        form = {"csrf_token": token, "name": name, "password": password}
        return stranger.post("/sign-in", data=form).status_code

    assert sign_in("owner", "a wrong password") == 403
    assert sign_in("nobody\x1b", "a wrong password") == 403
    assert stranger.post("/sign-in/gone", data={"csrf_token": token}).status_code == 403
    assert sign_in("owner", "a long enough password") == 302
    token = token_of(stranger.get("/").text)
    assert stranger.post("/sign-out", data={"csrf_token": token}).status_code == 302
    failed, done = ActivityKind.SIGN_IN_FAILED, ActivityKind.SIGNED_IN
    found = [(entry.kind, entry.who, entry.about.get("code")) for entry in _entries(database)]
    assert found == [
        (failed, "owner", "sign_in_failed"),
        (failed, "nobody\N{REPLACEMENT CHARACTER}", "sign_in_failed"),
        (failed, "", "link_invalid"),
        (done, "owner", None),
        (ActivityKind.SIGNED_OUT, "owner", None),
    ]
    text = json.dumps([entry.about for entry in _entries(database)])
    assert "password" not in text.replace('"by": "password"', "") and "gone" not in text


def test_a_decision_is_named_by_its_number(app: Flask, database: Database, browser: Browser, photos) -> None:
    add_finished_job(database, photos)
    answer = browser.post("/review/faces/1", data={"label": "without_mask"}, follow_redirects=False)
    assert answer.status_code in (200, 302), answer.text
    (entry,) = _entries(database)
    assert entry.kind is ActivityKind.DECIDED
    with database.read() as rows:
        newest = rows.scalars(select(func.max(Decision.id))).one()
    assert entry.about == {"face_id": 1, "decisions": [newest], "decided": 1}


def test_what_is_refused_or_fails_leaves_no_entry(
    app: Flask, database: Database, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert browser.post("/people", data={"name": "!", "role": "lead"}).status_code == 400
    assert browser.post("/people/99/link").status_code == 404
    assert browser.get("/photos/99/file").status_code == 404

    def failing(**_: object) -> str:
        with app_database().write() as rows:
            rows.add(SplitGroup(key="k", split="train", created_at=read_clock(rows)))
            rows.flush()
            raise OperationalError("UPDATE", {}, Exception("the disk is full"))

    monkeypatch.setitem(app.view_functions, "people.add", failing)
    assert browser.post("/people", data={"name": "ann"}).status_code == 503
    assert _entries(database) == []


def test_people_and_tokens_are_named_without_secrets(
    app: Flask, database: Database, browser: Browser
) -> None:
    page = browser.post("/people", data={"name": "ann", "role": "reviewer"}).text
    secret = re.search(r"/sign-in/([\w-]+)", page)[1]
    made = browser.post("/tokens", data={"name": "t", "scopes": "read", "days": "30"})
    assert made.status_code == 200
    people, tokens = _entries(database)
    assert people.about == {"person": "ann", "role": "reviewer"}
    assert tokens.kind is ActivityKind.TOKENS_CHANGED and tokens.about["name"] == "t"
    assert secret not in json.dumps(people.about)


def test_the_page_filters_and_exports(app: Flask, database: Database, browser: Browser) -> None:
    browser.post("/people", data={"name": "ann", "role": "reviewer"})
    page = browser.get("/activity")
    assert page.status_code == 200 and "person ann; role reviewer" in page.text
    assert "Changed people" in browser.get("/activity?kind=people_changed&who=owner").text
    assert "No entries" in browser.get("/activity?kind=promoted").text
    assert "No entries" in browser.get("/activity?until=2020-01-01").text
    assert browser.get("/activity?since=yesterday").status_code == 400
    assert browser.get("/activity?kind=else").status_code == 400
    lines = browser.get("/activity/activity.jsonl?who=owner").text.splitlines()
    # Its own entry is written before the first line is sent.
    assert [json.loads(line)["kind"] for line in lines] == ["people_changed", "downloaded"]


def test_only_the_owner_reads_it(app: Flask, database: Database) -> None:
    with database.write() as rows:
        lea = add_account(rows, "lea", Role.LEAD)
        secrets = {
            account.name: add_token(rows, account, name="t", scopes=[Scope.ADMIN], days=1)[1]
            for account in (lea, account_named(rows, "owner"))
        }
    lead = _sign_in(app, database, "lea")
    assert (
        lead.get("/activity", headers={"Accept": "application/json"}).get_json()["error"]["code"]
        == "owner_needed"
    )
    assert 'href="/activity"' not in lead.get("/people").text
    program = app.test_client(use_cookies=False)

    def export(name: str, query: str = "") -> object:
        headers = {"Authorization": f"Bearer {secrets[name]}"}
        return program.get(f"/api/v1/activity/export{query}", headers=headers)

    assert export("lea").get_json()["code"] == "owner_needed"
    assert export("owner", "?kind=promoted").text == ""
    first = json.loads(export("owner").text.splitlines()[0])
    assert first["about"]["token_id"] == 2 and first["kind"] == "downloaded"
    newer = export("owner", f"?after={first['id']}&kind=downloaded&since=2020-01-01T00:00:00Z").text
    assert len(newer.splitlines()) == 2
    assert export("owner", "?since=2020-01-01T00:00:00").status_code == 400
    for odd in ("who=%00", "since=0001-01-01T00:00:00%2B14:00"):
        assert export("owner", f"?{odd}").status_code in (200, 400), odd
