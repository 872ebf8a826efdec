"""Behind proxies: whose address counts, and every address below the prefix."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

from core.accounts import new_sign_in_link
from core.database import Database
from core.errors import PermanentError
from core.settings import Settings
from tests.unit.web.conftest import token_of
from web.factory import create_app

_TEMPLATES = Path(__file__).resolve().parents[3] / "web/templates"
_PREFIX = "/maskloop"


def _other_app(app: Flask, **changes: object) -> Flask:
    return create_app(app.extensions["maskloop"].settings.with_changes(**changes))


@pytest.mark.parametrize(
    ("proxies", "forwarded", "client"),
    [
        (0, "9.9.9.9", "127.0.0.1"),
        (1, "9.9.9.9", "9.9.9.9"),
        (1, "6.6.6.6, 9.9.9.9", "9.9.9.9"),
        (2, "6.6.6.6, 9.9.9.9, 10.0.0.1", "9.9.9.9"),
        (2, "10.0.0.1", "127.0.0.1"),
    ],
)
def test_the_client_is_read_from_the_right(app: Flask, proxies: int, forwarded: str, client: str) -> None:
    behind = _other_app(app, trusted_proxies=proxies)
    seen: list[str | None] = []
    behind.before_request(lambda: seen.append(request.remote_addr))
    behind.test_client().get("/sign-in", headers={"X-Forwarded-For": forwarded})
    assert seen == [client]


def test_a_forwarded_host_is_not_believed(app: Flask) -> None:
    behind = _other_app(app, trusted_proxies=1)
    headers = {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    answer = behind.test_client().get("/", headers=headers)
    assert (answer.status_code, answer.location) == (302, "/sign-in")


def test_one_stranger_behind_a_proxy_blocks_nobody_else(app: Flask, database: Database) -> None:
    behind = _other_app(app, trusted_proxies=1)

    def attempt(client: str) -> int:
        browser = behind.test_client()
        data = {"csrf_token": token_of(browser.get("/sign-in").text), "name": "owner", "password": "wrong"}
        return browser.post("/sign-in", data=data, headers={"X-Forwarded-For": client}).status_code

    assert [attempt("6.6.6.6") for _ in range(11)] == [403] * 10 + [429]
    assert attempt("9.9.9.9") == 403


@pytest.fixture
def prefixed(app: Flask, database: Database) -> Iterator[FlaskClient]:
    """A browser that is signed in below the prefix."""
    behind = _other_app(app, path_prefix=_PREFIX)
    with database.write() as rows:
        link = f"{_PREFIX}/sign-in/{new_sign_in_link(rows)}"
    client = behind.test_client()
    answer = client.post(link, data={"csrf_token": token_of(client.get(link).text)})
    assert (answer.status_code, answer.location) == (302, f"{_PREFIX}/")
    assert "Path=/maskloop" in answer.headers["Set-Cookie"]
    yield client
    behind.extensions["maskloop"].database.dispose()


def test_every_address_of_a_page_lies_below_the_prefix(prefixed: FlaskClient, job_id: int) -> None:
    for page in ("/", "/jobs/new", f"/jobs/{job_id}", f"/jobs/{job_id}/results", "/library", "/review",
                 "/library/photos/1", "/boxes/photos/1", "/camera", "/people", "/account"):  # fmt: skip
        answer = prefixed.get(f"{_PREFIX}{page}")
        assert answer.status_code == 200, page
        found = re.findall(r'(?:href|src|action|value|data-[a-z-]+)="(/[^"]*)"', answer.text)
        assert len(found) > 10
        assert [address for address in found if not address.startswith(f"{_PREFIX}/")] == [], page


def test_no_template_writes_an_address_by_hand() -> None:
    for template in _TEMPLATES.rglob("*.html"):
        text = template.read_text(encoding="utf-8")
        assert not re.search(r'(href|src|action|data-[a-z-]+)="/', text), template
        assert "request.full_path" not in text, template


def test_a_proxy_may_take_the_prefix_off(app: Flask) -> None:
    behind = _other_app(app, path_prefix=_PREFIX)
    for address in ("/jobs/new?folder=/x", f"{_PREFIX}/jobs/new?folder=/x"):
        answer = behind.test_client().get(address)
        assert answer.location == f"{_PREFIX}/sign-in?next={_PREFIX}/jobs/new?folder%3D/x"
    assert behind.test_client().get("/health").get_json()["ok"] is False


@pytest.mark.parametrize("prefix", ["maskloop", "/maskloop/", "/a b", "//x", '/"'])
def test_a_prefix_that_is_no_path_is_refused(tmp_path: Path, prefix: str) -> None:
    with pytest.raises(PermanentError, match="MASKLOOP_PATH_PREFIX"):
        Settings(data=tmp_path, path_prefix=prefix)
