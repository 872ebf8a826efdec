"""Every route is called as everybody: `route_access.toml` says who may, and nobody else gets in."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from core.accounts import account_named, add_account, ensure_owner, open_browser_session
from core.api_tokens import add_token
from core.database import Database
from core.settings import Settings
from models import Role, Scope
from tests.review_rows import add_queue
from tests.unit.web.finished_job import add_finished_job
from web.api_v1.rate_limits import RateLimits

_TABLE = tomllib.loads(Path(__file__).with_suffix("").with_name("route_access.toml").read_text())
#: Codes of answers that refuse somebody for who they are.
_REFUSALS = frozenset(
    ("sign_in_needed", "lead_needed", "owner_needed", "token_missing", "token_refused", "scope_missing")
)
#: Rows that reviewers may call.
_FOR_REVIEWERS = frozenset(("everybody", "reviewers", "review", "read or review"))
_METHODS_WITH_BODY = ("POST", "PUT", "PATCH")
#: Asks for a WebSocket.
_UPGRADE = {"Connection": "Upgrade", "Upgrade": "websocket"}
#: Example values of parts of addresses; numbers are 1.
_EXAMPLES = {"label": "with_mask", "kind": "litert"}


def _routes(app: Flask) -> Iterator[tuple[str, str, Rule]]:
    """Name, method and rule of every route but those of static files."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint != "static":
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield f"{method} {rule.rule}", method, rule


def _rows(part: str) -> dict[str, str]:
    """Who may call each route of a part of the table."""
    return {name: who for who, names in _TABLE[part].items() for name in names}


def _address(rule: Rule) -> str:
    """The address of a route with examples in place of its variables."""
    address = re.sub(r"<int(\(.*?\))?:\w+>", "1", rule.rule)
    address = re.sub(r"<any\((\w+).*?\):\w+>", r"\1", address)
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda found: _EXAMPLES.get(found[1], "x"), address)


def _is_api(rule: Rule) -> bool:
    return rule.rule.startswith("/api/v1")


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    for part, of_api in (("pages", False), ("api", True)):
        routes = {name for name, _, rule in _routes(app) if _is_api(rule) is of_api}
        rows = [name for names in _TABLE[part].values() for name in names]
        assert not routes - set(rows), f"say in route_access.toml, [{part}], who may call these"
        assert not set(rows) - routes, "these rows have no route"
        assert len(rows) == len(set(rows)), "a route has two rows"


def test_every_operation_is_in_the_document_with_its_scopes(app: Flask) -> None:
    paths = app.test_client().get("/api/v1/openapi.json").get_json()["paths"]
    documented = {
        f"{method.upper()} {path}": declared
        for path, methods in paths.items()
        for method, declared in methods.items()
    }
    rows = _rows("api")
    for name, _, rule in _routes(app):
        # OpenAPI describes no WebSocket.
        if _is_api(rule) and rows[name] != "public" and not rule.websocket:
            path = re.sub(r"<(?:\w+(?:\(.*?\))?:)?(\w+)>", r"{\1}", name)
            declared = documented.pop(path)
            scopes = rows[name].removesuffix(", leads").removesuffix(", owner")
            assert " or ".join(declared["x-scopes"]) == scopes, name
            assert ("must be a lead's" in declared["description"]) is rows[name].endswith("leads"), name
    assert not documented


@pytest.fixture
def filled(app: Flask, database: Database, photos: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The app with a job, an open queue and two more people; no CSRF tokens, no rate limits."""
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)
    settings: Settings = app.extensions["maskloop"].settings
    unlimited = settings.model_copy(update={"api_rate": 0, "api_rate_anonymous": 0})
    monkeypatch.setitem(app.extensions, "rate_limits", RateLimits(unlimited))
    add_finished_job(database, photos)
    with database.write() as rows:
        add_queue(rows, [1, 2])
        add_account(rows, "lea", Role.LEAD)
        add_account(rows, "ann", Role.REVIEWER)
        add_account(rows, "vic", Role.VIEWER)
        # Operations revoke token 1.
        add_token(rows, ensure_owner(rows), name="first", scopes=[Scope.READ], days=1)
    return app


def _is_refused(answer: TestResponse) -> bool:
    body = answer.get_json(silent=True, force=True) if answer.status_code in (401, 403) else None
    code = (body.get("code") or body.get("error", {}).get("code")) if isinstance(body, dict) else None
    assert answer.status_code != 401 or code in _REFUSALS, answer.text
    return code in _REFUSALS


def _sign_in(app: Flask, database: Database, name: str) -> FlaskClient:
    client = app.test_client()
    with database.write() as rows, client.session_transaction() as session:
        session["token"] = open_browser_session(rows, account_named(rows, name))
    return client


@pytest.mark.parametrize("who", [None, "ann", "vic", "lea", "owner"])
def test_pages_are_open_to_whom_the_table_says(filled: Flask, database: Database, who: str | None) -> None:
    everybody = {"public", "everybody"}
    leads = everybody | {"reviewers", "viewers", "leads"}
    allowed = {
        None: {"public"},
        "ann": everybody | {"reviewers"},
        "vic": everybody | {"viewers"},
        "lea": leads,
        "owner": leads | {"owner"},
    }[who]
    rows, wrong = _rows("pages"), []
    for name, method, rule in _routes(filled):
        if _is_api(rule):
            continue
        # Each with a session of its own, since one of the routes ends it.
        client = filled.test_client() if who is None else _sign_in(filled, database, who)
        headers = {"Accept": "application/json"} | (_UPGRADE if rule.websocket else {})
        with client.open(_address(rule), method=method, headers=headers) as answer:
            home = name == "GET /" and answer.status_code == 302
            refused = _is_refused(answer) or home
            if refused is (rows[name] in allowed) or answer.status_code == 500:
                wrong.append(f"{name}: {answer.status_code}")
    assert not wrong, "\n".join(wrong)


def _token(database: Database, name: str, scope: Scope) -> str:
    with database.write() as rows:
        return add_token(rows, account_named(rows, name), name=scope.value, scopes=[scope], days=1)[1]


@pytest.mark.parametrize(
    ("who", "scope"),
    [
        (None, None),
        ("ann", Scope.REVIEW),
        ("vic", Scope.READ),
        *(("lea", scope) for scope in Scope),
        ("owner", Scope.ADMIN),
    ],
)
def test_operations_are_open_to_whom_the_table_says(
    filled: Flask, database: Database, who: str | None, scope: Scope | None
) -> None:
    secret = None if who is None or scope is None else _token(database, who, scope)
    client = filled.test_client(use_cookies=False)
    headers = {} if secret is None else {"Authorization": f"Bearer {secret}"}
    rows, wrong = _rows("api"), []
    for name, method, rule in _routes(filled):
        if not _is_api(rule):
            continue
        body = {} if method in _METHODS_WITH_BODY else None
        asked = headers | (_UPGRADE if rule.websocket else {})
        with client.open(_address(rule), method=method, headers=asked, json=body) as answer:
            expected = _may_call(rows[name], who, scope)
            if _is_refused(answer) is expected or answer.status_code == 500:
                wrong.append(f"{name}: {answer.status_code} {answer.get_data(as_text=True)[:200]}")
    assert not wrong, "\n".join(wrong)


def _may_call(row: str, who: str | None, scope: Scope | None) -> bool:
    if row == "public":
        return True
    if scope is None or (row.endswith(", leads") and who == "ann"):
        return False
    if row.endswith(", owner"):
        return who == "owner" and scope is Scope.ADMIN
    return scope is Scope.ADMIN or scope.value in row.removesuffix(", leads").split(" or ")


def test_reviewers_see_nothing_outside_the_open_queues(filled: Flask, database: Database) -> None:
    """Whatever route names a photo or a face: number 1 is in the queue, number 4 is not."""
    client = filled.test_client(use_cookies=False)
    token = {"Authorization": f"Bearer {_token(database, 'ann', Scope.REVIEW)}"}
    rows, checked = _rows("api") | _rows("pages"), 0
    for name, method, rule in _routes(filled):
        if not rule.arguments & {"photo_id", "face_id"} or rows[name] not in _FOR_REVIEWERS:
            continue
        address = re.sub(r"<int(\(.*?\))?:(photo_id|face_id)>", "4", rule.rule)
        caller = client if _is_api(rule) else _sign_in(filled, database, "ann")
        headers = {"Accept": "application/json"} | (token if _is_api(rule) else {})
        body = {} if method in _METHODS_WITH_BODY else None
        with caller.open(address, method=method, headers=headers, json=body) as answer:
            assert answer.status_code == 404, f"{name}: {answer.status_code}"
            assert "open queues" in answer.get_data(as_text=True), name
        checked += 1
    assert checked > 8
