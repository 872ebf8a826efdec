"""The page of tokens: made and shown once, listed without secrets, revoked by whoever may."""

import re
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import select, update

from core.accounts import account_named
from core.api_tokens import add_token, find_token
from core.database import Database, read_clock
from models import ApiToken, Scope
from tests.cases import in_one_test
from tests.unit.web.conftest import Browser
from tests.unit.web.test_review import reviewer

__all__ = ["reviewer"]

FORM = {"name": "nightly", "scopes": ["read", "submit"], "days": "30"}


def _secret(page: str) -> str:
    found = re.search(r'id="new-token">(maskloop_[^<]+)<', page)
    assert found is not None
    return found[1]


def _tokens(database: Database) -> list[ApiToken]:
    with database.read() as rows:
        return list(rows.scalars(select(ApiToken).order_by(ApiToken.id)))


def test_a_token_is_shown_once_and_works(browser: Browser, database: Database, stranger: FlaskClient) -> None:
    made = browser.post("/tokens", data=FORM)
    secret = _secret(made.text)
    assert made.headers["Cache-Control"] == "no-store"
    [token] = _tokens(database)
    assert (token.name, token.scopes) == ("nightly", ["read", "submit"])
    assert timedelta(days=29, hours=23) < token.expires_at - token.created_at <= timedelta(days=30)
    page = browser.get("/tokens").text
    assert "nightly" in page and token.prefix in page and "Never used" in page
    assert secret not in page and token.token_sha256 not in page
    answer = stranger.get("/api/v1/jobs", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 200
    assert "Last used" in browser.get("/tokens").text
    assert browser.post(f"/tokens/{token.id}/revoke").location == "/tokens"
    assert "Revoked" in browser.get("/tokens").text
    answer = stranger.get("/api/v1/jobs", headers={"Authorization": f"Bearer {secret}"})
    assert (answer.status_code, answer.json["code"]) == (401, "token_refused")


@in_one_test(
    ("field", "value", "told"),
    [
        ("name", "", "Give a name."),
        ("name", "  ", "1 to 80 printable"),
        ("name", "a\u202eb", "printable characters"),
        ("name", "n" * 81, "longer than 80"),
        ("scopes", [], "Choose what the token may do."),
        ("scopes", ["everything"], "is not a valid choice"),
        ("days", "12", "Not a valid choice"),
    ],
)
def test_what_is_wrong_is_said_and_no_token_is_made(
    browser: Browser, database: Database, field: str, value: object, told: str
) -> None:
    answer = browser.post("/tokens", data={**FORM, field: value})
    assert answer.status_code == 400
    assert told in answer.text and "new-token" not in answer.text
    assert _tokens(database) == []


def test_one_that_never_expires_and_one_that_has(browser: Browser, database: Database) -> None:
    browser.post("/tokens", data={**FORM, "days": "0"})
    assert "does not expire" in browser.get("/tokens").text
    with database.write() as rows:
        rows.execute(update(ApiToken).values(expires_at=read_clock(rows) - timedelta(days=1)))
    page = browser.get("/tokens").text
    assert "Expired" in page and "/revoke" not in page


def test_reviewers_make_tokens_that_decide_faces_and_see_their_own(
    browser: Browser, reviewer: Browser, database: Database
) -> None:
    browser.post("/tokens", data=FORM)
    assert "nightly" not in reviewer.get("/tokens").text
    secret = _secret(reviewer.post("/tokens", data={**FORM, "name": "mine", "scopes": ["admin"]}).text)
    with database.read() as rows:
        assert find_token(rows, secret)[0].scopes == ["review"]
    owners, own = _tokens(database)
    assert reviewer.post(f"/tokens/{owners.id}/revoke").status_code == 404
    assert _tokens(database)[0].revoked_at is None
    assert reviewer.post(f"/tokens/{own.id}/revoke").location == "/tokens"
    page = browser.get("/tokens").text
    assert "mine" in page and "of ann" in page, "leads see those of all"


def test_a_lead_revokes_anybodys(browser: Browser, reviewer: Browser, database: Database) -> None:
    with database.write() as rows:
        add_token(rows, account_named(rows, "ann"), name="hers", scopes=[Scope.REVIEW], days=1)
    assert browser.post("/tokens/1/revoke").location == "/tokens"
    assert _tokens(database)[0].revoked_at is not None
    assert browser.post("/tokens/7/revoke").status_code == 404


def test_strangers_sign_in_first(stranger: FlaskClient) -> None:
    assert stranger.get("/tokens").location.endswith("/sign-in?next=/tokens")


def test_system_page_and_account_lead_to_tokens_and_operations(browser: Browser) -> None:
    assert 'href="/tokens"' in browser.get("/account").text
    page = browser.get("/system").text
    assert 'href="/api/v1/docs"' in page and 'href="/tokens"' in page
    assert 'href="/api/v1/docs"' in browser.get("/tokens").text
