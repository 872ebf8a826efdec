"""Who gets in, by which door, and who does not."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import structlog
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from structlog.testing import capture_logs

from core.accounts import check_password, hash_password, new_sign_in_link, set_password
from core.database import Database, read_clock
from core.system.store import Process, write_beat
from models import Account, BrowserSession, ServicePart
from tests.unit.web.conftest import Browser, token_of
from web.system.health import forget_shared_health


def test_a_stranger_is_sent_to_sign_in_and_back(stranger: FlaskClient) -> None:
    answer = stranger.get("/jobs/new?folder=/x")
    assert answer.status_code == 302
    assert answer.location == "/sign-in?next=/jobs/new?folder%3D/x"


def test_a_strange_program_gets_json(stranger: FlaskClient) -> None:
    answer = stranger.get("/jobs/1", headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json["error"]["code"]) == (401, "sign_in_needed")


@pytest.mark.parametrize("address", ["/photos/1/file", "/photos/1/thumbnail", "/jobs/1/reports/faces.csv"])
def test_photos_and_reports_are_not_for_strangers(stranger: FlaskClient, job_id: int, address: str) -> None:
    assert stranger.get(address).status_code == 302


def test_a_stranger_cannot_post(stranger: FlaskClient) -> None:
    token = token_of(stranger.get("/sign-in").text)
    assert stranger.post("/uploads", headers={"X-CSRF-Token": token}).status_code == 401


def test_a_link_signs_in_once(app: Flask, link: str) -> None:
    first, second = app.test_client(), app.test_client()
    for client, status in ((first, 302), (second, 403)):
        token = token_of(client.get(link).text)
        assert client.post(link, data={"csrf_token": token}).status_code == status
    assert first.get("/").status_code == 200
    assert second.get("/").status_code == 302


def test_looking_at_a_link_burns_nothing(app: Flask, link: str) -> None:
    for _ in range(3):
        assert app.test_client().get(link).status_code == 200
    client = app.test_client()
    token = token_of(client.get(link).text)
    assert client.post(link, data={"csrf_token": token}).status_code == 302


def _try_password(client: FlaskClient, password: str, target: str = "") -> object:
    token = token_of(client.get("/sign-in").text)
    data = {"csrf_token": token, "name": "owner", "password": password}
    return client.post(f"/sign-in{target}", data=data)


def test_the_password_signs_in(stranger: FlaskClient, database: Database) -> None:
    with database.write() as rows:
        set_password(rows, "owner", hash_password("correct horse battery"))
    assert _try_password(stranger, "wrong horse battery").status_code == 403
    assert _try_password(stranger, "correct horse battery", "?next=/jobs/new").location == "/jobs/new"
    assert stranger.get("/").status_code == 200


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/\n/x"]
)
def test_signing_in_never_leads_elsewhere(stranger: FlaskClient, database: Database, target: str) -> None:
    with database.write() as rows:
        set_password(rows, "owner", hash_password("correct horse battery"))
    token = token_of(stranger.get("/sign-in").text)
    data = {"csrf_token": token, "name": "owner", "password": "correct horse battery"}
    assert stranger.post("/sign-in", query_string={"next": target}, data=data).location == "/"


def test_failures_are_limited(stranger: FlaskClient, database: Database) -> None:
    with database.write() as rows:
        set_password(rows, "owner", hash_password("correct horse battery"))
    for _ in range(10):
        assert _try_password(stranger, "wrong").status_code == 403
    assert _try_password(stranger, "correct horse battery").status_code == 429


def test_of_forty_attempts_at_once_ten_are_checked_and_two_hashed_at_a_time(
    app: Flask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as rows:
        set_password(rows, "owner", hash_password("correct horse battery"))
    busy, most, lock = [0], [0], threading.Lock()
    real = PasswordHasher.verify

    def verify(hasher: PasswordHasher, stored: str, password: str) -> bool:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        try:
            return real(hasher, stored, password)
        finally:
            with lock:
                busy[0] -= 1

    monkeypatch.setattr(PasswordHasher, "verify", verify)
    browsers = [app.test_client() for _ in range(40)]
    tokens = [token_of(browser.get("/sign-in").text) for browser in browsers]

    def attempt(number: int) -> int:
        data = {"csrf_token": tokens[number], "name": "owner", "password": "wrong"}
        return browsers[number].post("/sign-in", data=data).status_code

    with ThreadPoolExecutor(40) as threads:
        answers = list(threads.map(attempt, range(40)))
    assert answers.count(403) <= 10
    assert set(answers) <= {403, 429, 503}
    assert 1 <= most[0] <= 2


def test_failed_attempts_are_logged(
    stranger: FlaskClient, database: Database, link: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A logger that no other test has used keeps no processors of an earlier configuration.
    monkeypatch.setattr("web.accounts.views.log", structlog.get_logger())
    with capture_logs() as lines:
        _try_password(stranger, "wrong")
        stranger.post("/sign-in/nothing", data={"csrf_token": token_of(stranger.get("/sign-in").text)})
    failed = [line for line in lines if line["event"] in ("sign_in_failed", "link_invalid")]
    assert [line["client"] for line in failed] == ["127.0.0.1"] * 2
    assert failed[0]["account"] == "owner"
    assert "wrong" not in str(failed)


def test_signing_out_ends_the_session(browser: Browser) -> None:
    answer = browser.post("/sign-out")
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert browser.get("/").status_code == 302


def test_a_copied_cookie_ends_with_the_session_and_other_browsers_stay(
    app: Flask, browser: Browser, database: Database
) -> None:
    copy, other = app.test_client(), app.test_client()
    with browser.client.session_transaction() as ours, copy.session_transaction() as theirs:
        theirs.update(ours)
    with database.write() as rows:
        link = f"/sign-in/{new_sign_in_link(rows)}"
    other.post(link, data={"csrf_token": token_of(other.get(link).text)})
    assert copy.get("/").status_code == other.get("/").status_code == 200
    browser.post("/sign-out")
    assert (copy.get("/").status_code, other.get("/").status_code) == (302, 200)


def test_a_session_ends_after_its_life(browser: Browser, database: Database) -> None:
    with database.write() as rows:
        rows.execute(update(BrowserSession).values(expires_at=read_clock(rows) - timedelta(seconds=1)))
    assert browser.get("/").status_code == 302


def test_a_password_that_is_removed_while_it_is_checked_signs_nobody_in(
    stranger: FlaskClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.write() as rows:
        set_password(rows, "owner", hash_password("correct horse battery"))

    def check_slowly(rows, name: str, password: str) -> Account:
        account = check_password(rows, name, password)
        with database.write() as others:
            set_password(others, "owner", hash_password("another long password"))
        return account

    monkeypatch.setattr("web.accounts.views.check_password", check_slowly)
    assert _try_password(stranger, "correct horse battery").status_code == 403


def test_a_new_password_signs_other_browsers_out(app: Flask, browser: Browser, database: Database) -> None:
    other = app.test_client()
    with browser.client.session_transaction() as ours, other.session_transaction() as theirs:
        theirs.update(ours)
    assert other.get("/").status_code == 200
    form = {"password": "a long new password", "again": "a long new password"}
    assert browser.post("/account", data=form).status_code == 302
    assert browser.get("/").status_code == 200
    assert other.get("/").status_code == 302


def test_a_password_is_changed_only_by_who_knows_it(browser: Browser, database: Database) -> None:
    browser.post("/account", data={"password": "the first password", "again": "the first password"})
    browser.token = token_of(browser.get("/").text)
    form = {"current": "a guess", "password": "the second password", "again": "the second password"}
    answer = browser.post("/account", data=form)
    assert (answer.status_code, "is wrong" in answer.text) == (200, True)


def test_health_needs_no_account_and_names_what_is_missing(stranger: FlaskClient, database: Database) -> None:
    answer = stranger.get("/health")
    assert (answer.status_code, answer.json["ok"]) == (503, False)
    assert answer.json["sentence"].startswith("No worker is running. No tick is running.")
    with database.write() as rows:
        for part in (ServicePart.WORKER, ServicePart.TICK):
            write_beat(rows, Process(part=part, host="here", pid=1))
    forget_shared_health()
    answer = stranger.get("/health")
    assert (answer.status_code, answer.json["ok"]) == (200, True)
    checks = answer.json["checks"]
    assert [name for name in checks if not checks[name]["ok"]] == ["broker"], "jobs move without it"
    assert "127.0.0.1" not in answer.text
