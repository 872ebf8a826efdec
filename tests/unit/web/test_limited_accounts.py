"""Every route is called as limited accounts: it is refused, or shows nothing of what they do not have."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.access.limits import Limits, set_limits
from core.accounts import account_named, add_account, open_browser_session
from core.api_tokens import add_token
from core.database import Database
from models import Role, Scope
from tests.access_rows import HIDDEN, Series, add_two_series, entangle
from tests.unit.web.conftest import Browser
from tests.unit.web.test_reviewer_pages import _targets
from tests.unit.web.test_route_access import _METHODS_WITH_BODY, _is_api, _routes, _rows
from web.accounts.limited import OPEN_TO_LIMITED
from web.accounts.session import may_open
from web.api_v1.rate_limits import RateLimits

#: What the limited account of a role, and its twin without limits, may call by their role.
_MAY = {
    Role.VIEWER: {"everybody", "viewers", "read", "read or review", "read or submit or review"},
    Role.REVIEWER: {"everybody", "reviewers", "review", "read or review", "read or submit or review"},
}
_SCOPES = {Role.VIEWER: Scope.READ, Role.REVIEWER: Scope.REVIEW}
_ROLES = (Role.VIEWER, Role.REVIEWER)
#: Parts of addresses that name what is of a series.
_NAMED = ("job_id", "schedule_id", "queue_id", "photo_id", "face_id")
_EXAMPLES = {"label": "with_mask", "kind": "litert", "action": "skip"}


@dataclass(frozen=True, kw_only=True)
class World:
    """The app with two series, and for each role an account that has the first, and one that has all."""

    app: Flask
    database: Database
    seen: Series
    hidden: Series
    tokens: dict[str, str]

    def call(self, name: str, method: str, address: str, *, api: bool) -> TestResponse:
        """As the account of this name, by a session or a token of its own."""
        client = self.app.test_client(use_cookies=not api)
        headers = {"Accept": "application/json"} if not api else {}
        if api:
            headers = {"Authorization": f"Bearer {self.tokens[name]}"}
        else:
            with self.database.write() as rows, client.session_transaction() as session:
                session["token"] = open_browser_session(rows, account_named(rows, name))
        body = {} if method in _METHODS_WITH_BODY else None
        return client.open(address, method=method, headers=headers, json=body)

    def get(self, name: str, address: str) -> TestResponse:
        """A page or an operation, as a program gets it."""
        return self.call(name, "GET", address, api=address.startswith("/api/"))


@pytest.fixture
def world(app: Flask, database: Database, photos: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    unlimited = app.extensions["maskloop"].settings.model_copy(
        update={"api_rate": 0, "api_rate_anonymous": 0}
    )
    monkeypatch.setitem(app.extensions, "rate_limits", RateLimits(unlimited))
    seen, hidden = add_two_series(database, photos)
    entangle(database, seen, hidden)
    tokens = {}
    with database.write() as rows:
        for role in _ROLES:
            for name in (f"limited-{role}", f"free-{role}"):
                account = add_account(rows, name, role)
                tokens[name] = add_token(rows, account, name="t", scopes=[_SCOPES[role]], days=1)[1]
            limited = account_named(rows, f"limited-{role}")
            set_limits(rows, limited, Limits(series=(seen.schedule,), queues=(seen.queue,)))
    return World(app=app, database=database, seen=seen, hidden=hidden, tokens=tokens)


def _address(rule: Rule, series: Series) -> str:
    """The address of a route that names what is of this series."""
    numbers = {
        # Nobody's.
        "token_id": 99,
        "job_id": series.job,
        "schedule_id": series.schedule,
        "queue_id": series.queue,
        # Those of the seen series that others have touched.
        "photo_id": series.photos[1],
        "face_id": series.faces[1],
        "position": 1,
    }
    address = re.sub(r"<int(\(.*?\))?:(\w+)>", lambda part: str(numbers.get(part[2], 1)), rule.rule)
    address = re.sub(r"<any\((\w+).*?\):\w+>", r"\1", address)
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: _EXAMPLES.get(found[1], "x"), address)


def _called(world: World, role: Role) -> Iterator[tuple[str, str, Rule]]:
    """Every route that the role may call, without what it would change for the next one."""
    rows = _rows("pages") | _rows("api")
    for name, method, rule in _routes(world.app):
        if rows[name] in _MAY[role] and not rule.websocket:
            yield name, method, rule


def _code(answer: TestResponse) -> str | None:
    body = answer.get_json(silent=True, force=True)
    return (body.get("code") or (body.get("error") or {}).get("code")) if isinstance(body, dict) else None


@pytest.mark.parametrize("role", _ROLES)
def test_every_route_is_refused_or_shows_nothing_of_others(world: World, role: Role) -> None:
    wrong, opened = [], set()
    for name, method, rule in _called(world, role):
        is_open, is_item = rule.endpoint in OPEN_TO_LIMITED, bool(rule.arguments & set(_NAMED))
        with world.call(f"limited-{role}", method, _address(rule, world.hidden), api=_is_api(rule)) as answer:
            code, leaks = _code(answer), HIDDEN.encode() in answer.get_data()
            if not is_open:
                expected = (answer.status_code, code) == (403, "access_limited")
            elif is_item:
                expected = answer.status_code == 404 and (code or "").endswith("_not_found")
            else:
                expected = answer.status_code < 500 and code != "access_limited"
            if not expected or leaks:
                wrong.append(f"{name}: {answer.status_code} {code}{' leaks' if leaks else ''}")
        opened |= {rule.endpoint} if is_open else set()
    assert not wrong, "\n".join(wrong)
    assert len(opened) > 20


@pytest.mark.parametrize("role", _ROLES)
def test_what_is_of_the_series_is_answered_as_without_limits(world: World, role: Role) -> None:
    wrong = []
    for name, method, rule in _called(world, role):
        if rule.endpoint not in OPEN_TO_LIMITED:
            continue
        address, api = _address(rule, world.seen), _is_api(rule)
        with world.call(f"limited-{role}", method, address, api=api) as answer:
            own, text = (answer.status_code, _code(answer)), answer.get_data()
        with world.call(f"free-{role}", method, address, api=api) as answer:
            free = answer.status_code, _code(answer)
        if own != free or HIDDEN.encode() in text or own[0] >= 500:
            wrong.append(f"{name}: {own}, without limits {free}")
    assert not wrong, "\n".join(wrong)


def test_what_is_open_to_limited_accounts_exists(app: Flask) -> None:
    assert not OPEN_TO_LIMITED - set(app.view_functions)


def test_lists_have_the_series_alone(world: World) -> None:
    seen, who = world.seen, "limited-viewer"
    for address, name, expected in (
        ("/api/v1/jobs?helpers=true", "jobs", {seen.job}),
        ("/api/v1/schedules", "schedules", {seen.schedule}),
        ("/api/v1/queues", "queues", {seen.queue}),
        ("/api/v1/photos", "photos", set(seen.photos)),
    ):
        assert {each["id"] for each in world.get(who, address).get_json()[name]} == expected, address
    assert world.get("limited-reviewer", "/api/v1/queues").get_json()["queues"][0]["id"] == seen.queue


@pytest.mark.parametrize(
    "part",
    ["", "/faces", "/estimates", "/events", "/reports", "/groups?by=folder", "/groups.csv?by=day"],
)
def test_figures_of_a_series_are_those_without_limits(world: World, part: str) -> None:
    """What hides others must not change a label, as an open conflict in a queue of others would."""
    address = f"/api/v1/jobs/{world.seen.job}{part}"
    answers = [world.get(name, address) for name in ("limited-viewer", "free-viewer")]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].get_data() == answers[1].get_data()


def test_groups_by_what_other_jobs_have_found_are_refused(world: World) -> None:
    for by in ("host", "phrase"):
        address = f"/api/v1/jobs/{world.seen.job}/groups?by={by}"
        refused = world.get("limited-viewer", address)
        assert (refused.status_code, _code(refused)) == (403, "access_limited")
        assert world.get("free-viewer", address).status_code == 200


def test_the_library_counts_and_searches_what_is_seen(world: World) -> None:
    pages = {name: world.app.test_client() for name in ("limited-viewer", "free-viewer")}
    for name, client in pages.items():
        with world.database.write() as rows, client.session_transaction() as session:
            session["token"] = open_browser_session(rows, account_named(rows, name))
    few, all_ = len(world.seen.photos), len(world.seen.photos + world.hidden.photos)
    assert f"{few} photos" in pages["limited-viewer"].get("/library").text
    assert f"{all_} photos" in pages["free-viewer"].get("/library").text
    found = pages["limited-viewer"].get(f"/library?name={HIDDEN}").text
    assert "photo-" not in found
    jobs = pages["limited-viewer"].get("/?q=survey").text
    assert "Seen survey" in jobs and HIDDEN not in jobs and f"{HIDDEN}-lead" not in jobs


def test_a_poll_is_not_shared_with_who_sees_more(world: World) -> None:
    """Polls of a second share what they read: not among accounts that see different jobs."""
    texts = {}
    for name in ("free-viewer", "limited-viewer", "free-viewer"):
        client = world.app.test_client()
        with world.database.write() as rows, client.session_transaction() as session:
            session["token"] = open_browser_session(rows, account_named(rows, name))
        client.get("/account")
        texts[name] = client.get("/", headers={"Maskloop-Live": "1"}).text
    assert HIDDEN in texts["free-viewer"] and HIDDEN not in texts["limited-viewer"]


def test_who_decided_in_which_queue_is_not_said(world: World) -> None:
    """Of people and queues that one does not have: that somebody decided is part of the face."""
    address = f"/api/v1/faces/{world.seen.faces[1]}/decisions"
    told = {
        name: world.get(name, address).get_json()["decisions"] for name in ("limited-viewer", "free-viewer")
    }
    assert [(each["account"], each["queue"]) for each in told["limited-viewer"]] == [(None, "review")]
    known = (f"{HIDDEN}-lead", f"review {world.hidden.queue}")
    assert [(each["account"], each["queue"]) for each in told["free-viewer"]] == [known]
    page = world.get("limited-reviewer", f"/review/faces/{world.seen.faces[1]}").text
    assert "Somebody else" in page and known[1] not in page


def test_the_account_page_says_what_one_sees(world: World) -> None:
    page = world.get("limited-reviewer", "/account").text
    assert "Seen schedule" in page and "Seen queue" in page
    assert "What you see" not in world.get("free-reviewer", "/account").text
    with world.database.write() as rows:
        set_limits(rows, account_named(rows, "limited-reviewer"), Limits())
    assert "Nothing yet" in world.get("limited-reviewer", "/account").text


def test_limits_hold_from_the_next_request_on(world: World) -> None:
    """Of pages and of tokens that were made before."""
    pages = (f"/jobs/{world.seen.job}", f"/api/v1/jobs/{world.seen.job}")
    assert [world.get("limited-viewer", page).status_code for page in pages] == [200, 200]
    with world.database.write() as rows:
        set_limits(rows, account_named(rows, "limited-viewer"), Limits())
    assert [world.get("limited-viewer", page).status_code for page in pages] == [404, 404]
    with world.database.write() as rows:
        account_named(rows, "limited-viewer").role = Role.LEAD
    assert world.get("limited-viewer", f"/jobs/{world.hidden.job}").status_code == 200


def test_a_lead_limits_a_person_on_the_people_page(
    browser: Browser, database: Database, photos: Path
) -> None:
    one, two = add_two_series(database, photos)
    invited = browser.post("/people", data={"name": "vic", "role": "viewer", "limited": "y"})
    assert "vic sees nothing yet" in invited.text
    address = re.search(r"/people/\d+/limits", invited.text)
    assert address is not None
    page = browser.get(address[0]).text
    assert "Seen schedule" in page and f"{HIDDEN} queue" in page and page.count(" checked") == 1
    wanted = {"sees": "some", "series": [str(one.schedule), str(two.schedule)], "queues": str(one.queue)}
    assert browser.post(address[0], data=wanted).status_code == 302
    assert "Sees 2 series and 1 review queue" in browser.get("/people").text
    assert browser.get(address[0]).text.count(" checked") == 4
    assert browser.post(address[0], data={"sees": "everything"}).status_code == 302
    assert "Sees everything" in browser.get("/people").text
    for form, status in (
        ({}, 400),
        ({"sees": "some", "series": "x"}, 400),
        ({"sees": "some", "series": "99"}, 404),
    ):
        assert browser.post(address[0], data=form).status_code == status, form
    assert "Sees everything" in browser.get("/people").text
    lead = browser.get("/people/1/limits").text
    assert "leads see everything" in lead and 'name="sees"' not in lead
    assert browser.post("/people/1/limits", data={"sees": "some"}).status_code == 409
    assert browser.get("/people/99/limits").status_code == 404


def test_links_of_limited_people_lead_nowhere_that_is_closed(world: World) -> None:
    with world.database.read() as rows:
        account = account_named(rows, "limited-viewer")
    adapter, closed = world.app.url_map.bind("localhost"), []
    client = world.app.test_client()
    with world.database.write() as rows, client.session_transaction() as session:
        session["token"] = open_browser_session(rows, account)
    job = f"/jobs/{world.seen.job}"
    photo = f"/library/photos/{world.seen.photos[0]}"
    for page in (
        "/",
        job,
        f"{job}/results",
        f"{job}/results/0",
        f"{job}/groups",
        "/library",
        photo,
        "/tokens",
    ):
        answer = client.get(page)
        assert answer.status_code == 200, page
        for method, target in _targets(answer.text):
            path = target.replace("&amp;", "&").partition("?")[0]
            endpoint, named = adapter.match(path, method=method)
            if not may_open(account, endpoint) or HIDDEN in target:
                closed.append(f"{page} leads to {method} {target}")
            if named.get("job_id", world.seen.job) != world.seen.job:
                closed.append(f"{page} names {target}")
    assert not closed, "\n".join(closed)


def test_a_group_table_is_not_shared_with_who_sees_more(world: World) -> None:
    """Two jobs side by side: the other one is not there for who does not have it."""
    address = f"/api/v1/jobs/{world.seen.job}/groups?job={world.hidden.job}"
    assert world.get("free-viewer", address).status_code == 200
    refused = world.get("limited-viewer", address)
    assert (refused.status_code, _code(refused)) == (404, "job_not_found")
