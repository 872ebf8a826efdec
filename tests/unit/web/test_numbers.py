"""Numbers that no column holds are pages that do not exist, or errors with a code, on every route."""

import re
from pathlib import Path

import psycopg
import pytest
from flask import Flask
from psycopg.errors import NumericValueOutOfRange
from sqlalchemy.exc import DataError
from werkzeug.routing import Rule

from tests.unit.web.conftest import Browser

_WEB = Path(__file__).resolve().parents[3] / "web"
_NUMBERS = [str(2**31), str(2**63), "1" + 5000 * "0"]
_NUMBER_IDS = ["2^31", "2^63", "10^5000"]
#: Files, a WebSocket, and answers of other processes.
_OTHERS = ("static", "camera.connection", "camera.state", "api.health")
_JSON = {"Accept": "application/json"}


def _rules(app: Flask, *, with_number: bool) -> list[Rule]:
    """Rules of pages; the API asks for a token first, and its own tests have one."""
    rules = (rule for rule in app.url_map.iter_rules() if not rule.rule.startswith("/api/"))
    return [rule for rule in rules if ("<int:" in rule.rule) is with_number]


def _address(rule: Rule, number: str) -> str:
    address = re.sub(r"<int:\w+>", number, rule.rule)
    return re.sub(r"<(\w+:)?\w+>", "x", address)


@pytest.mark.parametrize("number", _NUMBERS, ids=_NUMBER_IDS)
def test_no_route_fails_for_a_number_in_its_path(app: Flask, browser: Browser, number: str) -> None:
    rules = _rules(app, with_number=True)
    assert len(rules) > 40
    for rule in rules:
        method = "POST" if "POST" in (rule.methods or ()) else "GET"
        headers = _JSON | {"X-CSRF-Token": browser.token}
        answer = browser.client.open(_address(rule, number), method=method, headers=headers)
        # Where only another method exists, the router says that first.
        assert answer.status_code in (404, 405), rule.rule
        assert answer.get_json()["error"]["code"], rule.rule


@pytest.mark.parametrize("number", [*_NUMBERS, str(-(2**63))], ids=[*_NUMBER_IDS, "-2^63"])
def test_no_page_fails_for_a_number_in_its_query(app: Flask, browser: Browser, number: str) -> None:
    names = {
        name for path in _WEB.rglob("*.py") for name in re.findall(r'query_number\("(\w+)"', path.read_text())
    }
    assert {"before", "after", "job", "version"} <= names
    query = "&".join(f"{name}={number}" for name in sorted(names | {"ids", "position"}))
    for rule in _rules(app, with_number=False):
        if "GET" not in (rule.methods or ()) or rule.endpoint in _OTHERS:
            continue
        answer = browser.get(f"{_address(rule, '1')}?{query}", headers=_JSON)
        assert answer.status_code < 500, rule.rule
    answer = browser.get(f"/?after={number}", headers=_JSON)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, "number_invalid")


def test_no_view_reads_numbers_by_itself() -> None:
    """`request.args.get(…, type=int)` takes any size, and takes what is no number for nothing."""
    for path in _WEB.rglob("*.py"):
        assert not re.search(r"(args|form|values)\.get\([^)]*type=int", path.read_text()), path


@pytest.mark.parametrize("text", ["abc", "1.5", "--1", "²"])
def test_what_is_no_number_is_refused(browser: Browser, text: str) -> None:
    answer = browser.get("/", query_string={"after": text}, headers=_JSON)
    assert answer.get_json()["error"]["code"] == "number_invalid"


def test_a_number_inside_a_body_that_no_column_holds_is_an_error_of_the_request(browser: Browser) -> None:
    edit = {"kind": "delete", "edit": "a" * 8, "face": 2**63, "ref": str(2**63)}
    answer = browser.client.post("/boxes/photos/1/edits", json=edit, headers={"X-CSRF-Token": browser.token})
    assert answer.status_code < 500
    huge = str(2**63)
    for fields in ({"ids": huge}, {"all": "1", "job": huge}, {"all": "1", "filter_ids": huge}):
        for address in ("/library/selected/predict", "/exchange/selected", "/library/remove/plan"):
            answer = browser.post(address, data=fields)
            assert answer.status_code < 500 and answer.status_code != 404, address


@pytest.mark.parametrize(
    ("refused", "code"),
    [
        (psycopg.DataError("NUL bytes"), "text_invalid"),
        (NumericValueOutOfRange("too large"), "number_invalid"),
    ],
)
def test_what_no_column_of_postgresql_holds_is_told_apart(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, refused: psycopg.DataError, code: str
) -> None:
    def read_library(*_given: object, **_named: object) -> None:
        raise DataError("SELECT", {}, refused)

    monkeypatch.setattr("web.library.views.read_library", read_library)
    answer = browser.get("/library?name=x", headers=_JSON)
    assert (answer.status_code, answer.get_json()["error"]["code"]) == (400, code)
