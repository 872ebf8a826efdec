"""Sign in by a provider, over real HTTP: who gets in, with which role, and who does not."""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from core.accounts import account_named, get_account, new_sign_in_link, remove_access
from core.database import Database
from core.errors import PermanentError
from core.settings import Settings
from models import Account, Activity, ActivityKind, ExternalIdentity, Role
from web.factory import attach

with pytest.warns(match="authlib.jose"):
    from oidc_provider_mock import run_server_in_thread

#: The provider is older than the library that it is made with.
pytestmark = pytest.mark.filterwarnings("ignore:get_jwt_config:DeprecationWarning")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """A provider of its own."""
    with run_server_in_thread(require_nonce=True) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provided(app: Flask, issuer: str) -> Flask:
    """The app, which knows the provider."""
    attach(app, _changed(app, issuer))
    return app


def _changed(app: Flask, issuer: str, **others: object) -> Settings:
    given = {
        "openid_issuer": issuer,
        "openid_client_id": "maskloop",
        "openid_client_secret": "a secret",
        "openid_name": "Example Inc.",
        "openid_roles": "lead=mask-leads, reviewer=mask-reviewers",
    }
    settings: Settings = app.extensions["maskloop"].settings
    return settings.with_changes(**given | others)


def _say(issuer: str, subject: str, **claims: object) -> None:
    """Let the provider say this of a person from now on."""
    httpx.put(f"{issuer}/users/{subject}", json=claims).raise_for_status()


def _go(client: FlaskClient, subject: str, start: str = "/sign-in/openid") -> str:
    """Sign in at the provider; returns the address of the callback."""
    leaving = client.get(start)
    assert leaving.status_code == 302, leaving.text
    answer = httpx.post(leaving.location, data={"sub": subject})
    assert answer.status_code == 302, answer.text
    callback = urlsplit(answer.headers["location"])
    return f"{callback.path}?{callback.query}"


def _sign_in(app: Flask, subject: str) -> FlaskClient:
    client = app.test_client()
    answer = client.get(_go(client, subject))
    assert answer.status_code == 302, answer.text
    return client


def _accounts(database: Database) -> dict[str, Role]:
    with database.read() as rows:
        return {account.name: account.role for account in rows.scalars(select(Account))}


def test_the_groups_of_the_provider_give_the_role(provided: Flask, database: Database, issuer: str) -> None:
    _say(issuer, "u1", preferred_username="ada", groups=["mask-leads", "others"])
    _say(issuer, "u2", email="grace.h@example.com", groups=["mask-reviewers"])
    assert _sign_in(provided, "u1").get("/").status_code == 200
    reviewer = _sign_in(provided, "u2")
    assert reviewer.get("/review").status_code == 200 and reviewer.get("/people").status_code == 403
    assert _accounts(database) == {"owner": Role.LEAD, "ada": Role.LEAD, "grace.h": Role.REVIEWER}


def test_a_person_is_known_again_whatever_their_name_and_groups_are_now(
    provided: Flask, database: Database, issuer: str
) -> None:
    _say(issuer, "u3", preferred_username="linus", groups=["mask-leads"])
    first = _sign_in(provided, "u3")
    _say(issuer, "u3", preferred_username="torvalds", groups=["mask-reviewers"])
    _sign_in(provided, "u3")
    assert _accounts(database)["linus"] is Role.REVIEWER
    assert first.get("/people").status_code == 403, "the other browser has the new role too"


def test_new_people_can_be_shown_nothing_at_first(
    provided: Flask, app: Flask, database: Database, issuer: str
) -> None:
    """Also who is a lead today, and has left the group of leads tomorrow."""
    attach(app, _changed(app, issuer, openid_limited=True))
    _say(issuer, "u8", preferred_username="margaret", groups=["mask-leads"])
    _say(issuer, "u9", preferred_username="edsger", groups=["mask-reviewers"])
    leads, reviewers = _sign_in(provided, "u8"), _sign_in(provided, "u9")
    assert leads.get("/people").text.count("Sees nothing yet") == 1
    assert "No queues" in reviewers.get("/review").text
    _say(issuer, "u8", preferred_username="margaret", groups=["mask-reviewers"])
    _sign_in(provided, "u8")
    with database.read() as rows:
        assert account_named(rows, "margaret").is_limited and account_named(rows, "edsger").is_limited


def test_who_is_in_no_group_any_more_is_signed_out_everywhere(
    provided: Flask, database: Database, issuer: str
) -> None:
    _say(issuer, "u4", preferred_username="barbara", groups=["mask-leads"])
    before = _sign_in(provided, "u4")
    _say(issuer, "u4", preferred_username="barbara", groups=[])
    client = provided.test_client()
    refused = client.get(_go(client, "u4"))
    assert refused.status_code == 403 and "openid_no_role" in refused.text
    assert before.get("/").status_code == 302
    _say(issuer, "u5", preferred_username="eve")
    assert client.get(_go(client, "u5")).status_code == 403
    assert "eve" not in _accounts(database)


@pytest.mark.parametrize(
    ("wanted", "called"),
    [
        ("owner", "owner-2"),
        ("Owner", "Owner-2"),
        ("Ana María / QA", "Ana-María-QA"),
        ("x", "x-1"),
        ("", "person"),
        ("a" * 60, "a" * 32),
    ],
)
def test_a_name_is_made_fit_and_never_taken_over(
    provided: Flask, database: Database, issuer: str, wanted: str, called: str
) -> None:
    _say(issuer, "u6", preferred_username=wanted, groups="mask-reviewers")
    _sign_in(provided, "u6")
    assert _accounts(database) == {"owner": Role.LEAD, called: Role.REVIEWER}


def test_removed_access_stays_removed_until_somebody_makes_a_link(
    provided: Flask, database: Database, issuer: str
) -> None:
    _say(issuer, "u7", preferred_username="kay", groups=["mask-leads"])
    client = _sign_in(provided, "u7")
    with database.write() as rows:
        account_id = rows.scalars(select(ExternalIdentity.account_id)).one()
        remove_access(rows, get_account(rows, account_id))
    assert client.get("/").status_code == 302
    refused = client.get(_go(client, "u7"))
    assert refused.status_code == 403 and "openid_access_removed" in refused.text
    with database.write() as rows:
        new_sign_in_link(rows, name="kay")
    assert _sign_in(provided, "u7").get("/").status_code == 200


def test_the_sign_in_leads_on_to_the_page_that_was_asked_for(provided: Flask, issuer: str) -> None:
    _say(issuer, "u8", preferred_username="alan", groups=["mask-leads"])
    client = provided.test_client()
    page = client.get("/sign-in?next=/datasets").text
    assert "Sign in with Example Inc." in page and "maskloop link" in page
    start = re.search(r'href="(/sign-in/openid[^"]*)"', page)
    assert start is not None and start[1] == "/sign-in/openid?next=/datasets"
    assert client.get(_go(client, "u8", start[1])).location == "/datasets"
    other = provided.test_client()
    assert other.get(_go(other, "u8", "/sign-in/openid?next=https://evil.example/")).location == "/"


def test_an_answer_for_another_browser_signs_nobody_in(provided: Flask, issuer: str) -> None:
    _say(issuer, "u9", preferred_username="mallory", groups=["mask-leads"])
    callback = _go(provided.test_client(), "u9")
    victim = provided.test_client()
    refused = victim.get(callback)
    assert refused.status_code == 403 and "openid_refused" in refused.text
    assert victim.get("/").status_code == 302


def test_an_answer_is_taken_once(provided: Flask, issuer: str) -> None:
    _say(issuer, "u10", preferred_username="ken", groups=["mask-leads"])
    client = provided.test_client()
    callback = _go(client, "u10")
    assert client.get(callback).status_code == 302
    assert client.get(callback).status_code == 403


def test_state_nonce_and_challenge_are_sent(provided: Flask) -> None:
    sent = parse_qs(urlsplit(provided.test_client().get("/sign-in/openid").location).query)
    assert sent["code_challenge_method"] == ["S256"]
    assert all(len(sent[name][0]) >= 20 for name in ("state", "nonce", "code_challenge"))
    assert sent["redirect_uri"] == ["http://localhost/sign-in/openid/callback"]


def test_a_person_who_says_no_comes_back_with_a_message(provided: Flask) -> None:
    answer = provided.test_client().get("/sign-in/openid/callback?error=access_denied&state=x")
    assert answer.status_code == 403 and "access_denied" in answer.text


def test_a_provider_that_is_away_costs_nobody_else_the_sign_in(app: Flask) -> None:
    attach(app, _changed(app, "http://127.0.0.1:1"))
    client = app.test_client()
    away = client.get("/sign-in/openid")
    assert away.status_code == 503 and "openid_unavailable" in away.text
    assert client.get("/sign-in").status_code == 200


def test_a_provider_with_another_name_is_no_provider(app: Flask, issuer: str) -> None:
    attach(app, _changed(app, issuer + "/."))
    answer = app.test_client().get("/sign-in/openid")
    assert answer.status_code == 500 and "calls itself" in answer.text


@pytest.mark.parametrize(
    "wrong",
    [
        {"openid_issuer": "http://sso.example.com"},
        {"openid_client_id": ""},
        {"openid_roles": ""},
        {"openid_roles": "admin=x"},
        {"openid_roles": "lead"},
    ],
)
def test_settings_that_cannot_work_are_refused_at_start(
    app: Flask, issuer: str, wrong: dict[str, str]
) -> None:
    with pytest.raises(PermanentError, match="MASKLOOP_OPENID_") as caught:
        attach(app, _changed(app, issuer, **wrong))
    assert caught.value.code == "setting_invalid"


def test_without_a_provider_there_is_no_such_page(app: Flask) -> None:
    client = app.test_client()
    assert client.get("/sign-in/openid").status_code == 404
    assert "Sign in with" not in client.get("/sign-in").text


def test_groups_are_found_inside_objects(app: Flask, database: Database, issuer: str) -> None:
    attach(app, _changed(app, issuer, openid_groups="realm_access.roles"))
    _say(issuer, "u11", preferred_username="rasmus", realm_access={"roles": ["mask-leads"]})
    _sign_in(app, "u11")
    assert _accounts(database)["rasmus"] is Role.LEAD


def test_sign_ins_and_refusals_are_in_the_activity_log(
    provided: Flask, database: Database, issuer: str
) -> None:
    _say(issuer, "u12", preferred_username="lina", groups=["mask-leads"])
    _sign_in(provided, "u12")
    provided.test_client().get("/sign-in/openid/callback?error=access_denied&state=x")
    with database.read() as rows:
        found = [(entry.kind, entry.who, entry.about) for entry in rows.scalars(select(Activity))]
    assert found == [
        (ActivityKind.SIGNED_IN, "lina", {"by": "provider"}),
        (ActivityKind.SIGN_IN_FAILED, "", {"code": "openid_refused"}),
    ]
